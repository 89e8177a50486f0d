"""What the files of a model repository are, as one table: the first row of ``ROLES`` that fits a path gives its role.

How to write a row: ``patterns`` are globs separated by spaces, matched in any case against the file's name. ``*`` is
any run of characters, ``?`` one, ``[0-9]`` one of a set, ``{a,b}`` either. A pattern with a slash is matched against
the end of the whole path (``wandb/*`` fits below a folder ``wandb`` at any depth), one that starts with a slash against
the path from the root; one with capitals is matched as written. The row gives role and framework; where it leaves
``format`` open, the next row that fits and names one gives it. To add a kind of file, add a row above the rows that are
wider, raise ``FILE_ROLES_VERSION`` in ``files.py``, and read the listing that the test over genuine manifests compares.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """One word of the closed list ``files.format``, and whether what it names can carry a pickle."""

    name: str
    unsafe: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: which paths, what they are for, how they are written, what reads them (None: nothing in particular)."""

    patterns: str
    role: str
    format: str | None = None
    framework: str | None = None


#: All values of ``files.role``.
FILE_ROLES = (
    "config",
    "weights",
    "framework_export",
    "tokenizer",
    "vocabulary",
    "card",
    "license",
    "code",
    "training",
    "media",
    "other",
)

FORMATS = (
    Format("safetensors", False, "safetensors"),
    Format("gguf", False, "GGUF"),
    Format("ggml", False, "llama.cpp and whisper.cpp before GGUF"),
    Format(
        "pickle", True, "Python pickle, bare or in a zip or tar: torch.save, TorchScript, joblib, Lightning, Paddle"
    ),
    Format("nemo", True, "NeMo: a tar that holds a pickled checkpoint"),
    Format("npz", True, "NumPy archive; object arrays are pickles"),
    Format("npy", True, "NumPy array; object arrays are pickles"),
    Format("onnx", False, "ONNX graph, its external data, or ONNX Runtime's own form"),
    Format("h5", False, "HDF5 (Keras, TensorFlow); can carry byte code in Lambda layers, no pickle"),
    Format("keras", False, "Keras 3 archive; can carry byte code in Lambda layers, no pickle"),
    Format("saved_model", False, "TensorFlow SavedModel, its parts, and frozen graphs"),
    Format("tf_checkpoint", False, "TensorFlow checkpoint: data, index, meta"),
    Format("tfjs", False, "TensorFlow.js weight shard"),
    Format("tflite", False, "TFLite, LiteRT and MediaPipe bundles of them"),
    Format("msgpack", False, "MessagePack (Flax, spaCy)"),
    Format("coreml", False, "Core ML model, package part or compiled part"),
    Format("openvino", False, "OpenVINO IR: graph (.xml) or weights (.bin)"),
    Format("rust", False, "tch-rs VarStore (.ot); libtorch reads it without running pickles"),
    Format("tensorrt", False, "TensorRT engine"),
    Format("executorch", False, "ExecuTorch program or data"),
    Format("mlc", False, "MLC-LLM parameter shard"),
    Format("ctranslate2", False, "CTranslate2 weights"),
    Format("paddle", False, "Paddle inference program or parameters"),
    Format("ncnn", False, "ncnn parameters"),
    Format("mnn", False, "MNN"),
    Format("rknn", False, "Rockchip NPU"),
    Format("qnn", False, "Qualcomm DLC or context binary"),
    Format("hailo", False, "Hailo NPU"),
    Format("caffe", False, "Caffe"),
    Format("darknet", False, "Darknet weights"),
    Format("mxnet", False, "MXNet parameters"),
    Format("fasttext", False, "fastText binary"),
    Format("boosting", False, "XGBoost, LightGBM or CatBoost model"),
    Format("orbax", False, "Orbax checkpoint of JAX: OCDBT database"),
    Format("kenlm", False, "KenLM n-gram language model"),
    Format("kaldi", False, "Kaldi model or decoding graph"),
    Format("skops", False, "skops: scikit-learn without pickle"),
    Format("llamafile", False, "llamafile: program and GGUF in one"),
    Format("sentencepiece", False, "SentencePiece model"),
    Format("tiktoken", False, "tiktoken ranks"),
    Format("tfevents", False, "TensorBoard events"),
    Format("json", False, "JSON"),
    Format("jsonl", False, "JSON lines"),
    Format("yaml", False, "YAML"),
    Format("toml", False, "TOML"),
    Format("ini", False, "INI-like settings (.cfg, .ini, .conf, .gin)"),
    Format("xml", False, "XML"),
    Format("jinja", False, "Jinja template"),
    Format("markdown", False, "Markdown"),
    Format("text", False, "plain text"),
    Format("html", False, "HTML or CSS"),
    Format("pdf", False, "PDF"),
    Format("csv", False, "CSV or TSV"),
    Format("parquet", False, "Parquet"),
    Format("arrow", False, "Arrow or Feather"),
    Format("notebook", False, "Jupyter notebook"),
    Format("python", False, "Python source"),
    Format("source", False, "source in another language, shell and build files among them"),
    Format("binary", False, "compiled code"),
    Format("image", False, "image"),
    Format("audio", False, "audio"),
    Format("video", False, "video"),
    Format("archive", False, "zip, tar and the like, content unknown"),
)

ROLES = (
    # The card is the README that the Hub shows: this spelling, at the root.
    Rule("/README.md", "card", "markdown"),
    # A piece of a file cut in two is of no use alone, whatever it is cut from.
    Rule("*.part[0-9]* *.part-[0-9a-z]* *.part_[0-9a-z]* *.part?? *.part[0-9]of[0-9] *.z[0-9][0-9]", "other"),
    Rule("*.[0-9][0-9][0-9] *.gguf-split-[a-z]* *.split-[0-9a-z]* *.gguf.[0-9]* *.gguf.a? *.safetensors.a?", "other"),
    Rule("*.{safetensors,bin,pt,pth,ckpt,zip,gz}.[0-9]* *.{bin,pt,pth,zip,tar,gz}.a[a-z]", "other"),
    # What a download left behind, whatever the file it belongs to is called.
    Rule("?*.metadata *.lock *.aria2 *.incomplete *.crdownload", "other"),
    # Scripts before what their names speak of: license_check.py, tokenizer.py.
    Rule("*.ipynb", "code", "notebook"),
    Rule("*.py *.pyi *.pyx", "code", "python"),
    # Indexes of shards before the shards: flax_model.msgpack.index.json.
    Rule("*.index.json *.index.*.json", "config", "json"),
    # What a training left behind.
    Rule("*tfevents*", "training", "tfevents"),
    Rule("training_args*.{bin,pt,pth} train_args.{bin,pt}", "training", "pickle", "pytorch"),
    Rule(
        "optimizer*.{pt,pth,bin,ckpt,pkl} *{_,.}optimizer.{pt,pth,bin} scheduler*.{pt,pth,bin} lr_scheduler*.{pt,bin} "
        "scaler.{pt,bin} rng_state*.{pt,pth} random_states*.pkl sampler*.bin custom_checkpoint_*.pkl trainer_state.pt "
        "*optim_states.pt *_model_states.pt zero_pp_rank_*.pt ema_states.pt training_state*.{pt,pth,bin} "
        "optimizer_*/*.distcp optimizer_*/.metadata",
        "training",
        "pickle",
        "pytorch",
    ),
    Rule(
        "optimizer*.safetensors *_optimizer.safetensors rng_state*.safetensors training_state/*.safetensors", "training"
    ),
    Rule("*.pdopt", "training", "pickle", "paddle"),
    Rule("optimizer*.npz training_state/*", "training"),
    Rule(
        "trainer_state*.json trainer_log.jsonl training_params.json "
        "{train,trainer,training}_{args,arguments,config}.{json,yaml,yml,txt} args.{json,yaml} "
        "*predictions*.{txt,json,jsonl,csv}",
        "training",
    ),
    Rule("*results*.{json,jsonl,txt,csv,tsv,yaml,yml} *_metrics.{json,csv} metrics.{json,csv} loss.tsv", "training"),
    Rule(
        "{train,eval,test,predict,training}{,ing}_{log,logs,history,loss,stats,metrics}*.{json,jsonl,csv,txt}",
        "training",
    ),
    Rule(
        "*.log *.log.[0-9]* nohup.out log.txt logs.txt *_log.txt emissions.csv wandb-summary.json wandb-metadata.json",
        "training",
    ),
    Rule(
        "{wandb,runs,run_logs,lightning_logs,tb_logs}/*.{wandb,json,log,txt,yaml,yml,csv} mlruns/*.{yaml,json,txt} "
        "latest",
        "training",
    ),
    # Tokenizers and vocabularies before configs: tokenizer_config.json is the tokenizer's.
    Rule("tokenizer*.model tokenizer.model.v* tekken*.model", "vocabulary", "sentencepiece"),
    Rule("openvino_{tokenizer,detokenizer}.{xml,bin}", "tokenizer", "openvino", "openvino"),
    Rule("tokenizer*.{json,jsonl,pkl,pickle,joblib,ckpt,txt,yaml,yml,bin} tekken*.json tokenizer", "tokenizer"),
    Rule(
        "special_tokens_map*.json added_tokens*.json special_tokens.{json,txt} chat_template chat_template*.* "
        "*chat_template*.jinja",
        "tokenizer",
    ),
    Rule("*.jinja chat_templates/*.jinja2", "tokenizer", "jinja"),
    Rule(
        "*spiece*.model *sentencepiece*.model *spm*.model sp.model *bpe*.model *unigram*.model *token*.model *.spm "
        "*.bpe.model sentencepiece*.vocab ice_text.model cog-pretrain.model *{_,-}vocab*.model",
        "vocabulary",
        "sentencepiece",
    ),
    Rule("*.tiktoken", "vocabulary", "tiktoken"),
    Rule("ggml-vocab-*.gguf *{-,_}vocab.gguf vocab.gguf tokenizer.gguf", "vocabulary", "gguf", "gguf"),
    Rule(
        "vocab*.{json,txt,bpe,pkl,bin,pt,pth,tsv,csv,yaml,yml,npy,model} *{_,-,.}vocab*.{json,txt,tsv,yaml,yml,pkl,pt} "
        "*vocab.{txt,json} *vocab*.txt.gz vocabulary/*.txt "
        "*.vocab vocab shared_vocabulary.* vocabulary.* {source,target}_vocabulary.*",
        "vocabulary",
    ),
    Rule(
        "merges*.txt *{_,-}merges.txt bpe.codes *.bpe bpe_codes* bpecodes* codes.txt codes.bpe encoder.json",
        "vocabulary",
    ),
    Rule(
        "dict.txt dict.*.txt dict_*.txt tokens.txt tokens.json units.txt words.txt phones.txt unigrams.txt "
        "unigram.json alphabet.json emoji.txt bpe.vocab lang_char.txt",
        "vocabulary",
    ),
    Rule("vocab/{strings.json,vectors,vectors.cfg}", "vocabulary", None, "spacy"),
    Rule("{vocab,lookups}/{lookups.bin,lookups_extra.bin,key2row}", "vocabulary", "msgpack", "spacy"),
    # Licences, but not license_plates.pt: what follows the word is a document, or a word in capitals without an ending.
    Rule(
        "{license,licence,licenses,copying,notice,notices,unlicense}{,.txt,.md,.rst,.rtf,.pdf,.html,.docx,[0-9]*} "
        "{LICENSE,LICENCE,COPYING,NOTICE}[-_.][A-Z]* {license,licence}[_.-]{mit,apache,code,model,data,weights}",
        "license",
    ),
    Rule(
        "*{license,licence}{,.txt,.md,.rtf,.pdf,.docx,.html,.rst} *{license,licence}?*{.txt,.md,.rtf,.pdf,.docx} "
        "license?agreement* *use_policy*{.md,.txt,.pdf} use_policy *use-policy*{.md,.txt,.pdf} acceptable_use* "
        "acceptable-use*",
        "license",
    ),
    Rule(
        "{*terms_of_use,terms,notice,third_party_notices,thirdpartynotices,third-party-notices}*{.txt,.md,.pdf}",
        "license",
    ),
    # Weights for something other than PyTorch, safetensors or GGUF.
    Rule(
        "*.mlmodel *.mlpackage/*.bin *.mlmodelc/*.{bin,weights,net,shape} *.mil *.{mlmodelc,mlpackage,mlmodel}.zip",
        "framework_export",
        "coreml",
        "coreml",
    ),
    Rule(
        "openvino*.{xml,bin} *_openvino.{xml,bin} {openvino,openvino_model,ov,ov_model}*/*.{xml,bin} "
        "*{_,-}{ov,ir}.{xml,bin}",
        "framework_export",
        "openvino",
        "openvino",
    ),
    Rule(
        "*.onnx *.onnx_data* *.onnx.data* *.onnx_data_* *.ort *.onnx.zip onnx/*.{data,weight,weights,bin,pb} "
        "weights.pb onnx__* constant_*attr__value",
        "framework_export",
        "onnx",
        "onnx",
    ),
    Rule(
        "saved_model*.pb keras_metadata.pb fingerprint.pb variables/variables.*",
        "framework_export",
        "saved_model",
        "tensorflow",
    ),
    Rule(
        "*.data-[0-9]*-of-[0-9]* *.ckpt.{index,meta} *.ckpt-[0-9]*.{index,meta} model.{index,meta}",
        "framework_export",
        "tf_checkpoint",
        "tensorflow",
    ),
    Rule("*ckpt-[0-9]*.{index,meta} checkpoint", "framework_export", "tf_checkpoint", "tensorflow"),
    Rule("group[0-9]*-shard[0-9]*of[0-9]*", "framework_export", "tfjs", "tfjs"),
    Rule("tf_model*.h5 tf_model*.hdf5 t5_model.h5", "framework_export", "h5", "tensorflow"),
    Rule("*.h5 *.hdf5", "framework_export", "h5", "keras"),
    Rule("*.keras", "framework_export", "keras", "keras"),
    Rule("*.pb *.pbtxt", "framework_export", "saved_model", "tensorflow"),
    Rule("*.tflite *.litertlm *.task *.lite", "framework_export", "tflite", "tflite"),
    Rule("*.msgpack flax_model*", "framework_export", "msgpack", "flax"),
    Rule("*.ot", "framework_export", "rust", "rust"),
    Rule("*.ocdbt ocdbt.process_*/d/* d/[0-9a-f][0-9a-f][0-9a-f][0-9a-f]*", "framework_export", "orbax", "flax"),
    Rule("language_model/*.bin *gram.bin *.arpa *kenlm*.bin *.klm", "framework_export", "kenlm", "kenlm"),
    Rule("*.mdl *.fst final.{dubm,ie,mat}", "framework_export", "kaldi", "kaldi"),
    Rule("*.engine *.plan *.trt *.trtllm", "framework_export", "tensorrt", "tensorrt"),
    Rule("*.pte *.ptd", "framework_export", "executorch", "executorch"),
    Rule("*.nemo", "framework_export", "nemo", "nemo"),
    Rule("{weights,model,adapters,mlx}*.npz *{_,-}{weights,model}.npz", "framework_export", "npz", "mlx"),
    Rule("params_shard_[0-9]*.bin", "framework_export", "mlc", "mlc"),
    Rule("*ggml*.bin *.ggml *.q[0-9]_[0-9k]*.bin *-q[0-9]_[0-9k]*.bin", "framework_export", "ggml", "ggml"),
    Rule("*fasttext*.bin lid.176.{bin,ftz} cc.*.300.bin *.ftz", "framework_export", "fasttext", "fasttext"),
    Rule("*.pdparams", "framework_export", "pickle", "paddle"),
    Rule("*.pdmodel *.pdiparams *.pdiparams.info", "framework_export", "paddle", "paddle"),
    Rule("*.ncnn.{bin,param} *.param", "framework_export", "ncnn", "ncnn"),
    Rule("*.mnn *.mnn.weight", "framework_export", "mnn", "mnn"),
    Rule("*.rknn *.rkllm", "framework_export", "rknn", "rknn"),
    Rule("*.dlc *qnn*.bin *.serialized.bin", "framework_export", "qnn", "qnn"),
    Rule("*.hef", "framework_export", "hailo", "hailo"),
    Rule("*.caffemodel *.prototxt", "framework_export", "caffe", "caffe"),
    Rule("*.weights", "framework_export", "darknet", "darknet"),
    Rule("*.params", "framework_export", "mxnet", "mxnet"),
    Rule("*.joblib *.jbl *sklearn*.{pkl,pickle} skops-*.pkl *.sav", "framework_export", "pickle", "sklearn"),
    Rule("*.skops", "framework_export", "skops", "sklearn"),
    Rule("*{word2vec,doc2vec,fasttext,gensim}*.model *.{w2v,kv}", "framework_export", "pickle", "gensim"),
    Rule("*.cbm *.ubj *.xgb *.lgb *xgboost*.{json,model,bin} *lightgbm*.txt", "framework_export", "boosting"),
    Rule("*.llamafile", "framework_export", "llamafile", "llamafile"),
    Rule(
        "{ner,tagger,parser,tok2vec,morphologizer,textcat,senter,transformer,spancat,span_finder,entity_linker,"
        "trainable_lemmatizer,experimental_}*/{model,moves,trees} attribute_ruler/patterns",
        "framework_export",
        "msgpack",
        "spacy",
    ),
    Rule(
        "{ner,tagger,parser,tok2vec,morphologizer,textcat,senter,transformer,spancat,span_finder,entity_linker,"
        "trainable_lemmatizer,experimental_}*/cfg",
        "config",
        "json",
        "spacy",
    ),
    # Configs; those of other people's tools are none.
    Rule(
        "{.github,.circleci,.vscode,.idea,.devcontainer}/* .pre-commit-config.* .travis.yml .gitlab-ci.yml "
        ".readthedocs.{yml,yaml} .isort.cfg .flake8 .coveragerc mkdocs.yml docs/*.{yml,yaml}",
        "other",
    ),
    Rule("*config*.{json,yaml,yml,toml,cfg,ini,conf,gin,json5} configuration*.json *config*.xml", "config"),
    Rule(
        "model_index.json modules.json params.json hparams.* hyperparams.* hyperparameters.* model.json "
        "model_args.json cfg.json *.onnx.json task.json "
        "*{processor,feature_extractor,image_converter,audio_converter}.json",
        "config",
    ),
    Rule(
        "id2label.json label2id.json *label_map*.json *labels*.json adapter.json head_config.json modelfile", "config"
    ),
    Rule("ndarray-cache*.json tensor-cache*.json preset.json meta.yaml *.gin model.yaml", "config"),
    Rule(
        "{result,results,mteb_results,eval_results,.eval_results,eval,evaluation,metrics}/*.{json,jsonl,csv,tsv,txt,yaml,yml}",
        "training",
    ),
    # Weights of PyTorch, safetensors and GGUF.
    Rule("*.safetensors", "weights", "safetensors"),
    # An importance matrix, but not what was quantized with one.
    Rule("*q[1-8]_[0-9a-z]*.gguf", "weights", "gguf", "gguf"),
    Rule("*imatrix*.gguf", "other", "gguf"),
    Rule("*.gguf", "weights", "gguf", "gguf"),
    Rule("{ppo,a2c,dqn,sac,td3,ddpg,qrdqn,tqc,trpo,ars,recurrent_ppo}*.zip", "weights", "pickle", "stable-baselines3"),
    Rule(
        "*.bin *.pt *.pth *.ckpt *.pt2 *.ptl *.th *.pyt *.pyth *.{pt,pth,ckpt}.{tar,zip,gz,tgz,bz2,xz,zst} *.distcp "
        ".metadata *.mar *.jit *.torchscript *.ts.pt *.{jit,torchscript}.{zip,gz,tar} *.bin.{gz,zip,bz2,xz,zst}",
        "weights",
        "pickle",
        "pytorch",
    ),
    Rule(
        "*.pkl *.pickle *.p *.pk *.pkl[0-9] *.pck *.pckl *.pcl *.cpkl *.gpickle *.dill *.cloudpickle "
        "*.{state,model}_dict *.{pkl,pickle,joblib,dill}.{gz,bz2,xz,lzma,zst,zip,z,lz4,tar,tgz}",
        "weights",
        "pickle",
    ),
    # Code.
    Rule("*.pyc *.so *.dll *.dylib *.exe *.jar *.wasm *.a *.o", "code", "binary"),
    Rule("requirements*.txt requirements/*.txt constraints*.txt packages.txt runtime.txt", "code", "text"),
    Rule(
        "pyproject.toml setup.cfg pipfile poetry.lock uv.lock environment*.{yml,yaml} docker-compose*.{yml,yaml}",
        "code",
    ),
    Rule(
        "package.json package-lock.json tsconfig.json tox.ini cog.yaml dvc.yaml dockerfile* *.dockerfile makefile",
        "code",
    ),
    Rule("*.{html,htm,css,scss}", "code", "html"),
    Rule(
        "*.{sh,bash,zsh,bat,cmd,ps1,slurm,sbatch,c,cc,cpp,cxx,h,hpp,cu,cuh,metal,rs,go,js,mjs,ts,tsx,jsx,java,kt,swift,rb,"
        "r,rmd,jl,lua,php,cs,m,mm,scala,pl,sql,nix,cmake,proto,mojo,zig,dart,vue} cmakelists.txt dockerfile* makefile "
        "containerfile justfile jenkinsfile procfile pipfile *.dockerfile",
        "code",
        "source",
    ),
    # Media.
    Rule("*.{png,jpg,jpeg,jpe,jfif,gif,webp,svg,bmp,tif,tiff,ico,avif,heic,psd,exr,hdr,jp2}", "media", "image"),
    Rule("*.{wav,mp3,flac,ogg,oga,opus,m4a,aac,wma,aiff,mid,midi}", "media", "audio"),
    Rule("*.{mp4,webm,mov,avi,mkv,m4v,mpg,mpeg,wmv,flv}", "media", "video"),
    # Other settings files, then the rest by what they are written in.
    Rule("*.{yaml,yml}", "config", "yaml"),
    Rule("*.{cfg,ini,conf,gin}", "config", "ini"),
    Rule("*.toml", "config", "toml"),
    Rule("*.{json,json5,jsonc,webmanifest}", "other", "json"),
    Rule("*.{jsonl,ndjson}", "other", "jsonl"),
    Rule("*.{md,mdx,markdown,rst}", "other", "markdown"),
    Rule("*.{txt,text,log,out}", "other", "text"),
    Rule("*.{csv,tsv}", "other", "csv"),
    Rule("*.{parquet,pq}", "other", "parquet"),
    Rule("*.{arrow,feather}", "other", "arrow"),
    Rule("*.npz", "other", "npz"),
    Rule("*.npy", "other", "npy"),
    Rule("*.xml", "other", "xml"),
    Rule("*.pdf", "other", "pdf"),
    Rule("*.{jinja2,j2}", "other", "jinja"),
    Rule("*.{zip,tar,gz,tgz,bz2,xz,zst,7z,rar,whl}", "other", "archive"),
    Rule(
        "*license* *licence* notice* copying* *use_policy* .git* *ignore gitattributes vocab "
        "*.{bpe,codes,vocab,bib,tex,rtf} "
        "checkpoint latest modelfile",
        "other",
        "text",
    ),
)
