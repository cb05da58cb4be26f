"""Life cycles as tables of allowed moves. The table is the rule; `records.services.move` carries it out."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """One state: its stored value, what people read, and the tone of its badge (neutral, good, busy, bad, quiet)."""

    value: str
    label: object
    tone: str = "neutral"


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """An allowed step. `name` is its verb and permission; `by_hand` is False when only a service may take it."""

    name: str
    label: object
    sources: tuple[str, ...]
    target: str
    by_hand: bool = True
    needs_reason: bool = False
    tone: str = "neutral"


@dataclass(frozen=True, kw_only=True, slots=True)
class LifeCycle:
    """The states of a kind of record, the first being where each begins, and the moves between them."""

    states: tuple[State, ...]
    moves: tuple[Move, ...]
    frozen: tuple[str, ...] = ()
    """States in which plain editing is refused, because what was approved must stay what was approved."""

    def __post_init__(self) -> None:
        known = {state.value for state in self.states}
        for move in self.moves:
            if not {*move.sources, move.target} <= known:
                raise ValueError(f"move {move.name} names a state that does not exist")
        if not set(self.frozen) <= known:
            raise ValueError("a frozen state does not exist")

    @property
    def start(self) -> str:
        return self.states[0].value

    @property
    def choices(self) -> list[tuple[str, object]]:
        return [(state.value, state.label) for state in self.states]

    def state(self, value: str) -> State:
        return next(state for state in self.states if state.value == value)

    def move(self, name: str) -> Move:
        return next(move for move in self.moves if move.name == name)

    def moves_from(self, value: str) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if value in move.sources)
