"""A simulated fleet of process pumps that run to failure: the documented degradation model behind ``fleet-rul``.

One step is one operating cycle: a day's run. A machine belongs to a type and a site, works in duty regimes that switch
from cycle to cycle, wears in two hidden ways (bearings; impeller and wear rings) and has failed at the end of the first
cycle after which either wear has reached 1. Sensors see wear through duty, weather, the machine's own baseline, noise
and gaps.

``u`` is uniform in [0, 1), ``v = 2 u - 1``, ``z`` is nearly normal and cut at +-2.5. All are drawn from streams named
by the fleet's words, the machine's number and the part of the model, so no machine depends on another one.

=========== ===========================================================================================================
duty        the regime stays with probability STAY, else one is drawn from the site's mix; speed s = SPEED (1 + 0.01 v),
            flow q = FLOW (1 + 0.05 v), distance from the best efficiency point o = q / s - 1
weather     a = site's mean + SEASON wave(cycle / 365 + u) + m; m' = 0.8 m + 2 v; wave is a sine made of parabolas
wear        w' = w + L g (A + B w + C w^2) / life + shock, for each of the two wears;
            L = s^2 (1 + 0.02 (a - 20)) (1 + 2 o^2) for bearings, L = q^2 solids for the impeller; g = 0.4 + 1.2 u;
            shock = 0.02 + 0.04 u with probability SHOCK on one of the two wears; w at the start is 0.02 + 0.10 u
life        the type's nominal cycles (1 + 0.20 z), for each of the two wears; machines that fail before LIFE_MIN or
            run beyond LIFE_MAX are no part of the fleet
sensors     see ``_true_readings`` (b, h: wear of bearings and impeller); every machine has its own gains 1 + spread z
            and every reading its own noise
failure     after the cycle in which a wear reaches 1: bearings, or the impeller where these hold
gaps        a reading is lost with probability MISSING; with probability OUTAGE a cycle a sensor falls out for 3 to 10
            cycles
=========== ===========================================================================================================

=========== =========================== ===============================================================
parameter   value                       meaning
=========== =========================== ===============================================================
SPEED       0.88 0.95 1.00 1.04         of rated, in the regimes turned down, base, full, peak
FLOW        0.70 0.85 1.00 1.10         of rated, in the same regimes
STAY        0.85                        probability of staying in a regime
A B C       0.30 0.60 2.60              wear accelerates: twelvefold from new to failed
SHOCK       0.006                       upsets per cycle
SEASON      7 degC                      amplitude of the year
MISSING     0.03                        single readings lost
OUTAGE      0.004                       sensor outages begun per sensor and cycle
LIFE        60 to 350 cycles            lives in the fleet
=========== =========================== ===============================================================

Draws must be the same on every machine and with every numpy. Randomness is therefore raw Philox integers, arithmetic is
elementwise ``+ - * /`` in float64, which IEEE 754 rounds exactly (no exp, no power, no sum over an axis), and readings
are rounded to ``DECIMALS``. Letters: n = machines, t = cycles, c = channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.interfaces import Quantity
from ...harness.metrics import FloatArray
from ...harness.randomness import Stream, wave

__all__ = ["CHANNELS", "DECIMALS", "LIFE_MAX", "LIFE_MIN", "SITES", "STATIC", "Machine", "simulate_fleet"]

IntArray = npt.NDArray[np.int64]

CHANNELS = (
    Quantity("speed", "% of rated"),
    Quantity("flow", "% of rated"),
    Quantity("head", "% of rated"),
    Quantity("power", "% of rated"),
    Quantity("ambient_temperature", "degC"),
    Quantity("bearing_temperature", "degC"),
    Quantity("vibration_velocity", "mm/s"),
    Quantity("vibration_acceleration", "g"),
    Quantity("seal_leakage", "l/h"),
    Quantity("oil_particles", "1/ml"),
)
DECIMALS = (1, 1, 1, 1, 1, 1, 2, 2, 2, 0)
STATIC = (Quantity("machine_type", "code"), Quantity("rated_power", "kW"))
LIFE_MIN, LIFE_MAX = 60, 350  # cycles

STAY, SHOCK, SEASON, MISSING, OUTAGE = 0.85, 0.006, 7.0, 0.03, 0.004
SPEED = np.array([0.88, 0.95, 1.00, 1.04])
FLOW = np.array([0.70, 0.85, 1.00, 1.10])
WEAR_A, WEAR_B, WEAR_C = 0.30, 0.60, 2.60


class Site(NamedTuple):
    """A plant: how hard it runs its pumps and what they pump.

    Attributes:
        name: What slices are called.
        ambient_degc: Mean of the year.
        solids: Abrasiveness of the fluid, 1 is clean water.
        below: Probability that a new regime is turned down; at most base; at most full.
    """

    name: str
    ambient_degc: float
    solids: float
    below: tuple[float, float, float]


SITES = (
    Site("site-1", 12.0, 0.90, (0.30, 0.70, 0.95)),
    Site("site-2", 18.0, 1.20, (0.20, 0.60, 0.90)),
    Site("site-3", 25.0, 1.00, (0.15, 0.45, 0.85)),
    Site("site-4", 9.0, 1.45, (0.25, 0.65, 0.90)),
    Site("site-5", 21.0, 0.80, (0.05, 0.30, 0.75)),
    Site("site-6", 30.0, 1.10, (0.35, 0.75, 0.95)),
)


class _Type(NamedTuple):
    """A pump design: nominal lives in cycles, rated power in kW, typical readings when new and at full duty."""

    bearing_life: float
    impeller_life: float
    power_kw: tuple[float, float]
    bearing_rise_degc: float
    velocity: float
    acceleration: float
    leakage: float
    particles: float


_TYPES = (
    _Type(190.0, 210.0, (15.0, 55.0), 28.0, 1.6, 0.9, 1.5, 180.0),  # end suction
    _Type(270.0, 230.0, (90.0, 250.0), 34.0, 2.1, 1.3, 3.0, 260.0),  # between bearings
    _Type(230.0, 170.0, (55.0, 160.0), 38.0, 2.6, 1.1, 2.2, 220.0),  # multistage
)
_GAIN_SPREAD = np.array([0.0, 0.01, 0.01, 0.01, 0.0, 0.01, 0.04, 0.04, 0.06, 0.06])  # (c,), machine to machine
_NOISE = np.array([0.004, 0.01, 0.01, 0.01, 0.02, 0.012, 0.05, 0.05, 0.08, 0.10])  # (c,), reading to reading


@dataclass(frozen=True)
class Machine:
    """One machine from its first cycle to its failure.

    Attributes:
        number: Place in the fleet, from 0.
        site: Name of its site.
        static: Static features, shape ``(s,)``, float32, in the units of ``STATIC``.
        life: Cycles until failure: after ``k`` cycles ``life - k`` are left.
        failed: What failed, ``bearings`` or ``impeller``.
        series: Readings of all its cycles, shape ``(life, c)``, float32, in the units of ``CHANNELS``, NaN where lost.
    """

    number: int
    site: str
    static: npt.NDArray[np.float32]
    life: int
    failed: Literal["bearings", "impeller"]
    series: npt.NDArray[np.float32]


def simulate_fleet(*words: str | int, machines: int) -> Iterator[Machine]:
    """Draws a fleet, machine by machine; the same words give the same fleet, a longer fleet begins with the shorter.

    Args:
        words: Names of the stream, for example a secret and ``id@version``.
        machines: How many.
    """
    number, first = 0, 0
    while number < machines:
        candidates = _Candidates(words, first, count=machines - number + 16)
        lives = _run_to_failure(candidates)
        for row in np.flatnonzero((lives.cycles >= LIFE_MIN) & (lives.cycles <= LIFE_MAX))[: machines - number]:
            yield _machine(number, candidates, lives, int(row))
            number += 1
        first += len(candidates.seeds)


def _signed(u: FloatArray) -> FloatArray:
    return 2.0 * u - 1.0


def _cut_normal(stream: Stream, n: int) -> FloatArray:
    return np.clip(stream.normal(n), -2.5, 2.5)


class _Candidates:
    """What is drawn for machines before their lives are known; those that live too long or too short are dropped."""

    def __init__(self, words: tuple[str | int, ...], first: int, *, count: int) -> None:
        self.words = words
        self.seeds = range(first, first + count)
        traits = np.stack([Stream(*words, seed, "traits").uniform(8) for seed in self.seeds])  # (n, 8)
        self.site = (traits[:, 0] * len(SITES)).astype(np.int64)  # (n,)
        self.kind = (traits[:, 1] * len(_TYPES)).astype(np.int64)  # (n,)
        low, high = (np.array([kind.power_kw[side] for kind in _TYPES])[self.kind] for side in (0, 1))
        self.power_kw = np.round(low + (high - low) * traits[:, 2], 1)  # (n,)
        self.season_start = traits[:, 3]  # (n,), share of a year
        self.wear = 0.02 + 0.10 * traits[:, 4:6]  # (n, 2), at the start
        z = np.stack([_cut_normal(Stream(*words, seed, "spread"), 2 + len(CHANNELS)) for seed in self.seeds])
        nominal = np.array([(kind.bearing_life, kind.impeller_life) for kind in _TYPES])[self.kind]
        self.nominal_life = nominal * (1.0 + 0.20 * z[:, :2])  # (n, 2), cycles
        self.gain = 1.0 + _GAIN_SPREAD * z[:, 2:]  # (n, c)
        # (t, 9, n): one row of uniforms per cycle, for regime (2), speed, flow, weather, wear (2) and shocks (2)
        daily = [Stream(*words, seed, "cycles").uniform(9 * (LIFE_MAX + 1)) for seed in self.seeds]
        self.daily = np.ascontiguousarray(np.stack(daily).reshape(count, LIFE_MAX + 1, 9).transpose(1, 2, 0))


class _Lives(NamedTuple):
    """State of all candidates at every cycle, shapes ``(t, n)``; cycles lived and whether bearings failed, ``(n,)``."""

    cycles: IntArray
    of_bearings: npt.NDArray[np.bool_]
    speed: FloatArray
    flow: FloatArray
    ambient_degc: FloatArray
    bearing: FloatArray
    impeller: FloatArray
    bearing_rate: FloatArray


def _run_to_failure(fleet: _Candidates) -> _Lives:
    """Runs all candidates side by side until each has failed or reached LIFE_MAX + 1 cycles."""
    n = len(fleet.seeds)
    below = np.array([site.below for site in SITES])[fleet.site].T  # (3, n)
    mean_degc = np.array([site.ambient_degc for site in SITES])[fleet.site]
    solids = np.array([site.solids for site in SITES])[fleet.site]
    state = np.zeros((6, LIFE_MAX + 1, n))
    bearing, impeller = fleet.wear[:, 0].copy(), fleet.wear[:, 1].copy()
    cycles = np.full(n, LIFE_MAX + 1)
    of_bearings = np.zeros(n, np.bool_)
    regime, weather = np.ones(n, np.int64), np.zeros(n)
    for t in range(LIFE_MAX + 1):
        u = fleet.daily[t]  # (9, n)
        drawn = (u[1] >= below[0]).astype(np.int64) + (u[1] >= below[1]) + (u[1] >= below[2])
        regime = np.where((u[0] < STAY) & (t > 0), regime, drawn)
        speed = SPEED[regime] * (1.0 + 0.01 * _signed(u[2]))
        flow = FLOW[regime] * (1.0 + 0.05 * _signed(u[3]))
        weather = 0.8 * weather + 2.0 * _signed(u[4])
        ambient = mean_degc + SEASON * wave(fleet.season_start + t / 365.0) + weather
        off = flow / speed - 1.0
        load_bearing = speed * speed * (1.0 + 0.02 * (ambient - 20.0)) * (1.0 + 2.0 * off * off)
        load_impeller = flow * flow * solids
        shock = np.where(u[7] < SHOCK, 0.02 + 0.04 * u[8], 0.0)
        on_bearing = u[7] < 0.5 * SHOCK
        rate = load_bearing * (0.4 + 1.2 * u[5]) * _speed_of_wear(bearing) / fleet.nominal_life[:, 0]
        state[:, t] = speed, flow, ambient, bearing, impeller, rate
        bearing = bearing + rate + np.where(on_bearing, shock, 0.0)
        growth = load_impeller * (0.4 + 1.2 * u[6]) * _speed_of_wear(impeller) / fleet.nominal_life[:, 1]
        impeller = impeller + growth + np.where(on_bearing, 0.0, shock)
        failed = ((bearing >= 1.0) | (impeller >= 1.0)) & (cycles > LIFE_MAX)
        cycles[failed] = t + 1
        of_bearings[failed] = bearing[failed] >= 1.0
        if (cycles <= LIFE_MAX).all():
            break
        bearing, impeller = np.minimum(bearing, 1.0), np.minimum(impeller, 1.0)  # failed ones stand still
    return _Lives(cycles, of_bearings, *state)


def _speed_of_wear(wear: FloatArray) -> FloatArray:
    return WEAR_A + WEAR_B * wear + WEAR_C * wear * wear


def _true_readings(kind: _Type, life: _Lives) -> FloatArray:
    """What sensors without gain, noise and gaps would show on one machine, shape ``(t, c)``; ``life`` is its part."""
    s, q, a, b, h = life.speed, life.flow, life.ambient_degc, life.bearing, life.impeller  # (t,) each
    off = q / s - 1.0
    b2, h2 = b * b, h * h
    flow = q * (1.0 - 0.05 * h2)
    head = s * s * (1.15 - 0.15 * (q / s) * (q / s)) * (1.0 - 0.06 * h - 0.12 * h2)
    power = flow * head / (1.0 - 0.6 * off * off) * (1.0 + 0.12 * h2 + 0.02 * b2)
    rise = kind.bearing_rise_degc * s * s * (1.0 + 0.15 * b + 0.35 * b2)
    velocity = kind.velocity * s * s * (1.0 + 3.0 * off * off + 0.6 * b + 1.4 * b2 * b + 0.4 * h + 0.8 * h2)
    acceleration = kind.acceleration * s * (1.0 + 1.2 * b + 2.0 * b2 + 0.8 * h2 * off * off)
    leakage = kind.leakage * head * (1.0 + 0.8 * h + 1.5 * h2 + 0.5 * b2)
    particles = kind.particles * (0.7 + 45.0 * life.bearing_rate + 0.5 * b + 0.2 * h)
    return np.stack(
        [100 * s, 100 * flow, 100 * head, 100 * power, a, a + rise, velocity, acceleration, leakage, particles], axis=1
    )


def _machine(number: int, fleet: _Candidates, lives: _Lives, row: int) -> Machine:
    """Makes one candidate a machine: its readings up to its failure."""
    life, seed, kind = int(lives.cycles[row]), fleet.seeds[row], _TYPES[fleet.kind[row]]
    own = slice(row, row + 1)
    part = _Lives(lives.cycles[own], lives.of_bearings[own], *(values[:life, row] for values in lives[2:]))
    failed: Literal["bearings", "impeller"] = "bearings" if lives.of_bearings[row] else "impeller"
    size = (life, len(CHANNELS))
    noise = _cut_normal(Stream(*fleet.words, seed, "noise"), life * size[1]).reshape(size)
    readings = _true_readings(kind, part) * fleet.gain[row] * (1.0 + _NOISE * noise)
    for channel, decimals in enumerate(DECIMALS):
        readings[:, channel] = np.round(readings[:, channel], decimals)
    u = Stream(*fleet.words, seed, "gaps").uniform(3 * life * size[1]).reshape(life, 3, size[1])
    lost = u[:, 0] < MISSING
    for cycle, channel in zip(*np.nonzero(u[:, 1] < OUTAGE), strict=True):
        lost[cycle : cycle + 3 + int(8 * u[cycle, 2, channel]), channel] = True
    readings[lost] = np.nan
    static = np.array([fleet.kind[row], fleet.power_kw[row]], np.float32)
    return Machine(number, SITES[fleet.site[row]].name, static, life, failed, readings.astype(np.float32))
