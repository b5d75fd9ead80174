"""Logistic regressions over named features. Their weights lie in data files beside the modules that use them; `make
fit` writes these files, see `benchmarks/fit`."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Logistic:
    """One weight for each feature by its name, and a bias."""

    weights: Mapping[str, float]
    bias: float = 0.0

    def log_odds(self, features: Mapping[str, float]) -> float:
        """Of a row of features. One that is missing counts as 0, one without a weight does not count."""
        return self.bias + sum(weight * features.get(name, 0.0) for name, weight in self.weights.items())

    def probability(self, features: Mapping[str, float]) -> float:
        """The probability, 0..1, of a row of features."""
        odds = self.log_odds(features)
        return 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))


def path_beside(module: str) -> Path:
    """The data file of a module, which is named like the module; `module` is the module's `__file__`."""
    return Path(module).with_suffix(".json")


def beside(module: str) -> Mapping[str, Logistic]:
    """The regressions in the data file of a module, by their names. Raises OSError when it cannot be read."""
    models = json.loads(path_beside(module).read_text(encoding="utf-8"))["models"]
    return {name: Logistic(model["weights"], model["bias"]) for name, model in models.items()}
