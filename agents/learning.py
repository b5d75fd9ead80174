"""Small linear models over message vectors. The home of scikit-learn: everything else sees numpy arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_FOLDS = 5
_TEMPERATURES = np.geomspace(0.1, 5.0, 80)


class Wording:
    """Words and word pairs of a text as a unit vector (TF-IDF): the wording of a question, beside its meaning."""

    def __init__(self, texts: Sequence[str], weight: float) -> None:
        self._weight = weight
        self._tfidf = TfidfVectorizer(
            ngram_range=(1, 2),
            min_df=2,
            sublinear_tf=True,
            strip_accents="unicode",
            token_pattern=r"(?u)\b\w+\b",  # noqa: S106 - a pattern, no password
        ).fit(texts)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Shape (len(texts), vocabulary), rows of length `weight`, or 0 where no word is known."""
        return np.asarray(self._tfidf.transform(texts).toarray(), dtype=np.float64) * self._weight


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted linear model: `weights` of shape (classes, features), `bias` of shape (classes,)."""

    weights: Floats
    bias: Floats

    def logits(self, features: Floats) -> Floats:
        """Shape (rows, classes)."""
        return features @ self.weights.T + self.bias


def fit(features: Floats, labels: Labels, classes: int, strength: float) -> Linear:
    """Logistic regression with balanced classes. Two classes give logits (0, log odds); one class gives zeros.

    The penalised optimum lies in the space of the rows, so it is sought there: with fewer rows than features that is
    the same result in a twentieth of the time.
    """
    if classes == 1:
        return Linear(np.zeros((1, features.shape[1])), np.zeros(1))
    # One thread: on these small matrices more of them only wait for each other, for long on a busy machine.
    with threadpool_limits(1, user_api="blas"):
        basis, inside = np.linalg.qr(features.T)
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000).fit(inside.T, labels)
        weights, bias = np.asarray(model.coef_) @ basis.T, np.asarray(model.intercept_)
    if classes == 2:
        weights, bias = np.vstack([np.zeros_like(weights), weights]), np.concatenate([np.zeros(1), bias])
    return Linear(weights, bias)


def out_of_fold(features: Floats, labels: Labels, classes: int, strength: float) -> Floats | None:
    """Logits for every row from models that did not see it; None when a class has fewer than two rows."""
    folds = min(_FOLDS, int(np.bincount(labels, minlength=classes).min()))
    if folds < 2:
        return None
    logits = np.zeros((len(labels), classes))
    for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=0).split(features, labels):
        logits[unseen] = fit(features[seen], labels[seen], classes, strength).logits(features[unseen])
    return logits


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def temperature(logits: Floats, labels: Labels) -> float:
    """The divisor of the logits that makes their probabilities most likely (temperature scaling, Guo et al. 2017)."""
    rows = np.arange(len(labels))
    losses = [-np.log(softmax(logits / t)[rows, labels] + 1e-12).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])
