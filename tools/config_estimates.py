"""Compare ``parameters_estimated`` with models built from the configuration classes.

Needs transformers and torch, outside this project's environment; nothing is downloaded, no weights are allocated:

    PYTHONPATH=. /tmp/facts/bin/python tools/config_estimates.py [MODEL_TYPE ...]

Prints, for each model type that is estimated, the built and the estimated parameters and the error; exit 1 above 2%.
"""

import sys
import warnings

import torch
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from harvester.extract.config.estimates import FAMILIES
from harvester.extract.config.read import read_typed


def built(config: object, auto: type) -> tuple[str, int]:
    """The class and the number of parameters of the model a config builds, tied ones once."""
    with torch.device("meta"):
        model = auto.from_config(config)
    model.tie_weights()
    return type(model).__name__, sum(parameter.numel() for parameter in model.parameters())


def main() -> None:
    warnings.filterwarnings("ignore")
    worst = 0.0
    for model_type in sys.argv[1:] or sorted(FAMILIES):
        if model_type not in CONFIG_MAPPING:
            print(f"{model_type:22} not in this version of transformers")
            continue
        config = CONFIG_MAPPING[model_type]()
        for auto in (AutoModelForCausalLM, AutoModelForMaskedLM, AutoModel):
            try:
                name, real = built(config, auto)
            except Exception as error:  # not every type has every class
                if auto is AutoModel:
                    print(f"{model_type:22} {type(error).__name__}: {str(error)[:80]}")
                continue
            written = {**config.to_dict(), "architectures": [name], "transformers_version": "5.0.0"}
            written["num_nextn_predict_layers"] = 0  # the library does not build them
            estimated = read_typed("config", written).get("parameters_estimated")
            error = abs(int(str(estimated)) / real - 1) if estimated else None
            worst = max(worst, error or 0.0)
            error_text = f"{error:8.3%}" if error is not None else "    NULL"
            print(f"{model_type:22} {name:38} {real:>16,} {estimated or 0:>16,} {error_text}")
    sys.exit(worst > 0.02)


if __name__ == "__main__":
    main()
