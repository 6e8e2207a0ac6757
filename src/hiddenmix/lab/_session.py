"""One run in the lab: a table, a model and a start, and where the user stands in it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import Table
from hiddenmix.engine.certificate import certify
from hiddenmix.engine.result import Certificate
from hiddenmix.estimators._warnings import collected
from hiddenmix.families.binomial import BinomialParams
from hiddenmix.families.normal import NormalParams
from hiddenmix.lab._config import MOST_MOVES, Config, Move, mapping, misunderstood, parse_move, places, whole
from hiddenmix.lab._recipe import Recipe, recipe
from hiddenmix.lab._run import Run, State, deadline
from hiddenmix.lab._scenes import Scene, staged
from hiddenmix.lab._settled import checked_move, settle
from hiddenmix.lab._sheets import Sheet
from hiddenmix.lab._shelf import held
from hiddenmix.latent.mixture import MixtureParams
from hiddenmix.plot._view import View

__all__ = ["Session", "Taken"]

ORDERS: Final = ("e", "m", "em", "end", "go", "move")
PATIENCE: Final = 10.0  # seconds that one call may go on stepping
CERTIFIED: Final = 1_000_000  # numbers in a table times components, up to which a stop is checked at once
HUGE: Final = 10**9


class Taken:
    """What an order did: from where to where, and whether the wished half-step was next at all."""

    def __init__(self, order: str, start: int, end: int, idle: bool = False) -> None:
        self.order, self.start, self.end, self.idle = order, start, end, idle


class Session:
    """A run with its scene. `lock` is for whoever works with it: one at a time.

    Raises
    ------
    HiddenmixError : the table or the model cannot be used; the codes are those of the command line and the estimators
    """

    def __init__(self, config: Config, sheet: Sheet, stopped: Callable[[], bool] = lambda: False) -> None:
        wished = settle(config, sheet)
        table = sheet.read(wished.use or (), wished.labels or ())
        moves = [checked_move(move, wished, table) for move in wished.moves]
        self.config = replace(wished, at=0, moves=())
        self.scene: Scene = staged(self.config, sheet, table)
        self.recipe: Recipe = recipe(self.config, table.values)
        self.lock, self._stopped = threading.Lock(), stopped
        stepper, self.notes = _begun(self.recipe, Table(table.values, table.columns))
        self.view: View = replace(View.of(stepper), columns=table.columns, names=self.scene.names)
        vars(self.view)["problem"] = stepper.problem
        self._drawn = self.view.part(self.scene.rows)
        self.run = Run(stepper, self._moved)
        self._checked: dict[int, Certificate] = {}
        self.at = self._arrive(wished.at, moves)

    @property
    def bytes(self) -> int:
        """About how much memory it holds."""
        return held(self.scene.table) + int(self.scene.table.values.nbytes) + self.run.bytes + (1 << 20)

    def config_at(self, at: int) -> Config:
        """What makes this run again, and goes to a half-step of it."""
        return replace(self.config, at=at, moves=self.run.moves)

    def order(self, value: object) -> Taken:
        """Do what the page asks for; HM417 and HM403 where that is nothing that can be done."""
        given = mapping(value, "the order", ("do", "at", "component", "to"))
        what = given.get("do")
        if not isinstance(what, str) or what not in ORDERS:
            raise misunderstood("'do' must be one of " + ", ".join(ORDERS), '{"do": "e"}')
        if what == "go" and "at" not in given:
            raise misunderstood("'go' needs 'at'", '{"do": "go", "at": 4}')
        start = self.place(given["at"]) if "at" in given else self.at
        if what == "move":
            return self._drag(parse_move({"at": start, **{n: given[n] for n in ("component", "to") if n in given}}))
        if what == "go":
            before, self.at = self.at, start
            return Taken(what, before, start)
        moves = self.run.moves
        end = self._go_on(what, start)
        if self.run.moves != moves:  # a step from before a drag forgets it
            self._checked = {}
        self.at = end
        return Taken(what, start, end, idle=end == start)

    def place(self, value: object) -> int:
        """A half-step that the user named, or the last one that there is."""
        at = whole("at", value, 0, HUGE)
        return at if at <= self.run.last else self.run.reach(at, deadline(PATIENCE, self._stopped))

    def state(self, at: int) -> State:
        """Where the run stands after `at` half-steps."""
        return self.run.state(at)

    def view_at(self, params: Any) -> View:
        """The view at these parameters; what does not depend on them is shared."""
        return self.view.at(params)

    def memberships(self, params: Any) -> Array:
        """Those of the drawn rows (m, k), at these parameters."""
        if not len(self.scene.rows):
            return np.zeros((0, self.view.k))
        resp: Array = self._drawn.at(params).resp
        return resp

    def certificate(self, state: State) -> Certificate | None:
        """What kind of point the run stopped at; None where it did not stop, or where it takes too long to tell."""
        if not state.converged or state.half != "e" or state.seen is None:
            return None
        if self.scene.table.values.size * self.view.k > CERTIFIED:
            return None
        if state.at not in self._checked:
            self._checked[state.at] = certify(self.view.problem, state.seen, np.random.default_rng(0)).certificate
        return self._checked[state.at]

    def _arrive(self, at: int, moves: list[Move]) -> int:
        """Do everything that a configuration says, as far as one comes."""
        until = deadline(PATIENCE, self._stopped)
        for move in sorted(moves, key=lambda move: move.at):
            if self.run.reach(move.at, until) < move.at:
                return self.run.last
            self.run.move(move)
        place = self.run.reach(at, until)
        self.run.foresee()  # a run that had collapsed says so again
        return place

    def _drag(self, move: Move) -> Taken:
        checked = checked_move(replace(move, to=places(dict(move.to))), self.config, self.scene.table)
        self._refuse_many(checked)
        self.run.move(checked)
        self._checked = {}
        self.at = move.at
        return Taken("move", move.at, move.at)

    def _refuse_many(self, move: Move) -> None:
        """HM403 where there would be more drags than an address can say."""
        at, own = move.at, (move.at, move.component)  # drags of one component at one half-step are one
        kept = [each for each in self.run.moves if each.at <= at and (each.at, each.component) != own]
        if len(kept) >= MOST_MOVES:
            what = f"means were dragged {MOST_MOVES} times in this run, and the lab takes no more"
            raise HiddenmixError("HM403", what, "go back to before the last ones, or start again")

    def _go_on(self, what: str, start: int) -> int:
        if what == "end":
            return self.run.to_the_end(start, deadline(PATIENCE, self._stopped))
        if what == "em":
            return self.run.next_e(start)
        return self.run.step(start) if self.run.next(start) == what else start

    def _moved(self, params: MixtureParams[Any], move: Move) -> MixtureParams[Any]:
        """The parameters with one mean elsewhere."""
        components = params.components
        if self.scene.kind == "coins":
            p = components.p.copy()
            p[move.component, 0] = move.to[0][1]
            return MixtureParams(params.weights, BinomialParams(p))
        mean = components.mean.copy()
        for name, value in move.to:
            mean[move.component, self.scene.table.columns.index(name)] = value
        return MixtureParams(params.weights, NormalParams(mean, components.cov))


def _begun(made: Recipe, table: Table) -> tuple[Any, list[str]]:
    """The stepper, and what the library warns of."""
    with collected() as told:
        stepper = made.made().steps(table)
    return stepper, [warning.message for warning in told]
