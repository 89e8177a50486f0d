"""Find the products of sizes whose sum a tensor's elements are, by builds with random sizes."""

import itertools
import math
from typing import Any

import numpy as np
from config_builds import LAYER_KEYS, SHARED

Terms = dict[tuple[str, ...], float]


def by_layer(key: str) -> bool:
    """Whether a size counts layers."""
    return ":" in key or key.rpartition(".")[2] in (*LAYER_KEYS, SHARED)


def evaluate(terms: Terms, held: dict[str, int]) -> float:
    """Return the sum of the products."""
    return sum(coefficient * math.prod(held.get(key, 0) for key in chosen) for chosen, coefficient in terms.items())


def exact(number: float) -> float:
    """Return a whole number as one."""
    return int(number) if number == int(number) else number


def fit(group: str, samples: list[Any], keys: list[str]) -> Terms | None:
    """Return the products of ``keys`` that give the elements of a group in every sample; None: there are none."""
    held = [sample["sizes"] for sample in samples]
    values = [sample[group] for sample in samples]
    if not any(values):
        return {}
    for key in keys if len(keys) > 3 else ():  # what a layer holds, times the layers
        counts = [one.get(key, 0) for one in held]
        if by_layer(key) and all(value % n == 0 if n else not value for value, n in zip(values, counts, strict=True)):
            some = [{**sample, group: sample[group] // n} for sample, n in zip(samples, counts, strict=True) if n]
            terms = fit(group, some, [other for other in keys if other != key])
            if terms is not None:
                return {tuple(sorted((*chosen, key))): coefficient for chosen, coefficient in terms.items()}
    terms = one_product(held, values, keys)
    if terms is not None:
        return terms
    whole = [key for key in keys if f"!{key}" not in held[0]]
    linear = [chosen for degree in range(len(keys) + 1) for chosen in itertools.combinations(keys, degree)]
    layers = [key for key in keys if by_layer(key)]
    if len(layers) > 1:
        linear = [chosen for chosen in linear if len([key for key in chosen if key in layers]) == 1]
    squared = [tuple(sorted((*chosen, key))) for chosen in linear for key in chosen if key in whole]
    cubed = [tuple(sorted((*chosen, key))) for chosen in squared for key in chosen if key in whole and len(keys) < 4]
    for candidates in (linear, linear + squared, linear + squared + cubed):
        columns = [(c, [math.prod(one.get(key, 0) for key in c) for one in held]) for c in dict.fromkeys(candidates)]
        columns = [(chosen, column) for chosen, column in columns if any(column)]
        if len(columns) <= 0.75 * len(samples):
            terms = solved(columns, held, values)
            if terms is not None:
                return terms
    return None


def one_product(held: list[dict[str, int]], values: list[int], keys: list[str]) -> Terms | None:
    """Return the one product that gives all values, by the logarithms of the sizes."""
    switches = [key for key in keys if f"!{key}" in held[0]]
    whole = [key for key in keys if key not in switches]
    on = [
        key
        for switch in switches
        for key in (switch, f"!{switch}")
        if all(one.get(key, 0) or not value for one, value in zip(held, values, strict=True))
        and not all(one.get(key, 0) for one in held)
    ]
    rows = [i for i, value in enumerate(values) if value and all(held[i].get(key, 0) > 0 for key in whole)]
    if len(rows) <= len(whole) + 2:
        return None
    logs = np.log(np.array([[float(held[i].get(key, 0)) for key in whole] + [math.e] for i in rows]))
    powers, *_ = np.linalg.lstsq(logs, np.log(np.array([float(values[i]) for i in rows])), rcond=None)
    counts = [round(power) for power in powers[:-1]]
    if not all(0 <= count <= 4 for count in counts):
        return None
    chosen = tuple(sorted([*on, *(key for key, count in zip(whole, counts, strict=True) for _ in range(count))]))
    product = math.prod(held[rows[0]].get(key, 0) for key in chosen)
    terms = {chosen: exact(values[rows[0]] / product)} if product else {}
    return terms if all(evaluate(terms, one) == value for one, value in zip(held, values, strict=True)) else None


def solved(columns: list[Any], held: list[dict[str, int]], values: list[int]) -> Terms | None:
    """Return the coefficients of given products, where quarters meet every value exactly."""
    target = np.array([float(value) for value in values])
    weight = 1.0 / np.maximum(np.abs(target), target.max() * 1e-2)
    for floor in (1e-4, 1e-6):
        kept, solution, scale = columns, np.zeros(len(columns) + 1), np.ones(1)
        while kept and len(kept) < len(solution):
            matrix = np.array([[float(x) for x in column] for _, column in kept]).T
            scale = np.abs(matrix).max(axis=0)
            solution, *_ = np.linalg.lstsq(matrix / scale * weight[:, None], target * weight, rcond=1e-13)
            kept = [one for one, part in zip(kept, np.abs(solution), strict=True) if part > floor * target.max()]
        if not kept:
            continue
        pairs = zip(kept, solution / scale, strict=True)
        terms = {chosen: exact(round(number * 4) / 4) for (chosen, _), number in pairs if round(number * 4)}
        right = all(evaluate(terms, one) == value for one, value in zip(held, values, strict=True))
        if terms and len(terms) < 12 and right:
            return terms
    return None
