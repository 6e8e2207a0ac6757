"""The covariance shapes that hold volume, shape and axes apart: VEI and EVI, and EVE, VVE, EEV and VEV.

S_j = volume_j · D_j diag(shape_j) D_j', as in `decomposed_shapes`. With axes of their own (EEV, VEV) components have
those of their scatter matrices; with common axes (EVE, VVE) see `_common_axes`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._tree import Array, record, shared
from hiddenmix.families._common_axes import along_common_axes
from hiddenmix.families._rotations import contrasts, gradient_axes, ravel_axes, signs_to, unravel_axes
from hiddenmix.families._volumes import one_shape, one_volume
from hiddenmix.families.decomposed_shapes import Decomposed
from hiddenmix.families.own_shapes import PLANE
from hiddenmix.model import Degenerate


@record
class DiagOneShape:
    """Volumes (k,), and one shape (d,) along the columns for all."""

    volume: Array
    shape: Array = shared()


@record
class DiagOneVolume:
    """One volume () for all, and shapes (k, d) along the columns."""

    shape: Array
    volume: Array = shared()


@record
class CommonAxes:
    """Volumes (k,), shapes (k, d), and axes (d, d), in columns, the same for all."""

    volume: Array
    shape: Array
    axes: Array = shared()


@record
class CommonAxesOneVolume:
    """Shapes (k, d), and one volume () and axes (d, d), in columns, for all."""

    shape: Array
    volume: Array = shared()
    axes: Array = shared()


@record
class OwnAxes:
    """Volumes (k,), axes (k, d, d), in columns, and one shape (d,) for all, largest first."""

    volume: Array
    axes: Array
    shape: Array = shared()


@record
class OwnAxesOneVolume:
    """Axes (k, d, d), in columns, and one volume () and shape (d,), largest first, for all."""

    axes: Array
    volume: Array = shared()
    shape: Array = shared()


class AxesShape(Decomposed):
    """Volume, shape and axes held apart."""

    def roots(self, cov: Any, k: int, d: int) -> Array:
        sd = np.sqrt(_variances(cov))
        if self.kind == "diag":
            return sd
        upper = np.linalg.qr(np.swapaxes(cov.axes * sd[..., None, :], -1, -2), mode="r")
        signs = np.sign(np.diagonal(upper, axis1=-2, axis2=-1))
        return np.ascontiguousarray(np.swapaxes(upper, -1, -2) * signs[..., None, :])

    def ravel(self, cov: Any, base: Any) -> Array:
        d = cov.shape.shape[-1]
        parts = [np.log(cov.volume / base.volume), np.log(cov.shape / base.shape) @ contrasts(d).T]
        if self.kind == "full":
            parts.append(ravel_axes(cov.axes.reshape(-1, d, d), base.axes.reshape(-1, d, d)))
        return np.concatenate([np.reshape(part, -1) for part in parts])

    def unravel(self, vector: Array, base: Any) -> Any:
        d = base.shape.shape[-1]
        first = int(np.size(base.volume))
        second = first + np.size(base.shape) // d * (d - 1)
        volume = base.volume * np.exp(vector[:first].reshape(np.shape(base.volume)))
        logs = vector[first:second].reshape(*base.shape.shape[:-1], d - 1) @ contrasts(d)
        found = {"volume": volume, "shape": base.shape * np.exp(logs)}
        if self.kind == "full":
            axes = base.axes.reshape(-1, d, d)
            turned = unravel_axes(vector[second:].reshape(len(axes), d * (d - 1) // 2), axes)
            found["axes"] = turned.reshape(base.axes.shape)
        return type(base)(**found)

    def gradient(self, cov: Any, base: Any, scatter: Array, dof: Array) -> Array:
        d = scatter.shape[1]
        var = np.broadcast_to(_variances(cov), (len(dof), d))
        inside, rows = scatter, dof
        if self.kind == "full":
            products = np.swapaxes(cov.axes, -1, -2) @ scatter @ cov.axes
            inside, rows = np.diagonal(products, axis1=1, axis2=2), dof[:, None]
        slope = 0.5 * (inside / var - rows)
        volume, shape = slope.sum(axis=1), slope @ contrasts(d).T
        parts = [
            volume if np.ndim(cov.volume) else volume.sum(keepdims=True),
            shape if cov.shape.ndim == 2 else shape.sum(axis=0),
        ]
        if self.kind == "full":
            turn = products * (1 / var[:, :, None] - 1 / var[:, None, :])
            if cov.axes.ndim == 2:
                turn = turn.sum(axis=0, keepdims=True)
            parts.append(gradient_axes(turn, cov.axes.reshape(-1, d, d), base.axes.reshape(-1, d, d)))
        return np.concatenate([np.reshape(part, -1) for part in parts])


class DiagSameShape(AxesShape):
    """Ellipsoids along the columns, of one shape, each with its own volume."""

    name, letters = "diag_same_shape", "VEI"
    words = "of one shape along the columns, each with its own volume"
    kind, scale_free, few, loose = "diag", True, True, "diag"

    def _step(self, old: DiagOneShape, scatter: Array, dof: Array, unit: Array) -> DiagOneShape:
        return DiagOneShape(*one_shape(scatter, dof, old.volume, old.shape))

    def _plain(self, k: int, d: int) -> DiagOneShape:
        return DiagOneShape(np.ones(k), np.ones(d))


class DiagSameVolume(AxesShape):
    """Ellipsoids along the columns, of one volume, each with its own shape."""

    name, letters = "diag_same_volume", "EVI"
    words = "of one volume along the columns, each with its own shape"
    kind, scale_free, few, loose = "diag", True, True, "diag"

    def _step(self, old: DiagOneVolume, scatter: Array, dof: Array, unit: Array) -> DiagOneVolume:
        if not np.any(dof > 0):
            return old
        volume, shape = one_volume(scatter, dof, old.volume, old.shape)
        return DiagOneVolume(volume=volume, shape=shape)

    def _plain(self, k: int, d: int) -> DiagOneVolume:
        return DiagOneVolume(volume=np.asarray(1.0), shape=np.ones((k, d)))


class SameOrientation(AxesShape):
    """Ellipsoids along the same axes, each with its own volume and shape."""

    name, letters = "same_orientation", "VVE"
    words = "of one orientation, each with its own volume and shape"
    kind, scale_free, few, loose = "full", False, True, "full"

    def _step(self, old: CommonAxes, scatter: Array, dof: Array, unit: Array) -> CommonAxes:
        return self._along(old, scatter, dof, unit, old.axes)

    def _first(self, scatter: Array, dof: Array, unit: Array) -> CommonAxes:
        return self._along(self._plain(*scatter.shape[:2]), scatter, dof, unit, None)

    def _along(self, old: CommonAxes, scatter: Array, dof: Array, unit: Array, start: Array | None) -> CommonAxes:
        some = dof > 0
        if not some.any():
            return old
        axes, spread = along_common_axes(scatter, dof, unit, start, equal=False)
        var = np.array(_variances(old))
        var[some] = spread[some] / dof[some, None]
        volume = np.exp(np.log(var).mean(axis=1))
        return CommonAxes(volume, var / volume[:, None], axes)

    def _plain(self, k: int, d: int) -> CommonAxes:
        return CommonAxes(np.ones(k), np.ones((k, d)), np.eye(d))


class SameVolumeOrientation(AxesShape):
    """Ellipsoids along the same axes and of one volume, each with its own shape."""

    name, letters = "same_volume_orientation", "EVE"
    words = "of one volume and orientation, each with its own shape"
    kind, scale_free, few, loose = "full", False, True, "full"

    def _step(self, old: CommonAxesOneVolume, scatter: Array, dof: Array, unit: Array) -> CommonAxesOneVolume:
        return self._along(old, scatter, dof, unit, old.axes)

    def _first(self, scatter: Array, dof: Array, unit: Array) -> CommonAxesOneVolume:
        return self._along(self._plain(*scatter.shape[:2]), scatter, dof, unit, None)

    def _along(
        self, old: CommonAxesOneVolume, scatter: Array, dof: Array, unit: Array, start: Array | None
    ) -> CommonAxesOneVolume:
        if not np.any(dof > 0):
            return old
        axes, spread = along_common_axes(scatter, dof, unit, start, equal=True)
        rows = np.repeat(dof[:, None], len(axes), axis=1)
        volume, shape = one_volume(spread, rows, old.volume, old.shape)
        return CommonAxesOneVolume(volume=volume, shape=shape, axes=axes)

    def _plain(self, k: int, d: int) -> CommonAxesOneVolume:
        return CommonAxesOneVolume(volume=np.asarray(1.0), shape=np.ones((k, d)), axes=np.eye(d))


class SameShape(AxesShape):
    """Ellipsoids of one shape, each with its own volume and orientation."""

    name, letters = "same_shape", "VEV"
    words = "of one shape, each with its own volume and orientation"
    kind, scale_free, few, loose = "full", False, True, "full"

    def _step(self, old: OwnAxes, scatter: Array, dof: Array, unit: Array) -> OwnAxes:
        if not np.any(dof > 0):
            return old
        values, axes = _own_axes(scatter, dof, old.axes)
        volume, shape = one_shape(values, np.repeat(dof[:, None], len(unit), axis=1), old.volume, old.shape)
        _refuse_planes(shape)
        return OwnAxes(volume=volume, shape=shape, axes=axes)

    def _plain(self, k: int, d: int) -> OwnAxes:
        return OwnAxes(volume=np.ones(k), shape=np.ones(d), axes=np.broadcast_to(np.eye(d), (k, d, d)))


class SameVolumeShape(AxesShape):
    """Ellipsoids of one volume and shape, each with its own orientation."""

    name, letters = "same_volume_shape", "EEV"
    words = "of one volume and shape, each with its own orientation"
    kind, scale_free, few, loose = "full", False, False, "full"

    def _step(self, old: OwnAxesOneVolume, scatter: Array, dof: Array, unit: Array) -> OwnAxesOneVolume:
        if not np.any(dof > 0):
            return old
        values, axes = _own_axes(scatter, dof, old.axes)
        var = values.sum(axis=0) / dof.sum()
        _refuse_planes(var)
        volume = np.exp(np.log(var).mean())
        return OwnAxesOneVolume(volume=np.asarray(volume), shape=var / volume, axes=axes)

    def _plain(self, k: int, d: int) -> OwnAxesOneVolume:
        axes = np.broadcast_to(np.eye(d), (k, d, d))
        return OwnAxesOneVolume(volume=np.asarray(1.0), shape=np.ones(d), axes=axes)


def _variances(cov: Any) -> Array:
    """Variances (k, d) along the axes; without the k where volume and shape are both shared."""
    return np.asarray(np.asarray(cov.volume)[..., None] * cov.shape)


def _own_axes(scatter: Array, dof: Array, old: Array) -> tuple[Array, Array]:
    """Eigenvalues (k, d), largest first, and eigenvectors (k, d, d) with signs near the old; empty ones keep these."""
    values, axes = np.linalg.eigh(scatter)
    values, axes = np.maximum(values[:, ::-1], 0.0), axes[:, :, ::-1]
    axes = axes * signs_to(axes, old)[:, None, :]
    return values, np.where((dof > 0)[:, None, None], axes, old)


def _refuse_planes(var: Array) -> None:
    """Raise where variances (d,) along the axes are zero at float level, next to the largest."""
    if not var.min() > PLANE * len(var) * var.max():
        raise Degenerate(0, "collapsed: with all components of one shape, it has no spread in some direction")


__all__ = [
    "DiagSameShape",
    "DiagSameVolume",
    "SameOrientation",
    "SameShape",
    "SameVolumeOrientation",
    "SameVolumeShape",
]
