from __future__ import annotations

from collections import Counter

from sectorbench.harness.randomness import Stream
from sectorbench.tasks.document_review.compliance.dice import Dice


def test_numbers_are_those_of_the_stream():
    dice = Dice("a", 1)
    assert [dice.below(1_000) for _ in range(200)] == Stream("a", 1).integers(0, 1_000, 200).tolist()


def test_every_order_is_as_likely_as_the_next():
    orders = Counter(tuple(Dice("orders", k).shuffled("abc")) for k in range(1_200))
    assert len(orders) == 6 and all(abs(n - 200) < 4 * (200 * 5 / 6) ** 0.5 for n in orders.values())


def test_limits_are_reached():
    dice = Dice("limits")
    assert {dice.between(3, 5) for _ in range(60)} == {3, 4, 5}
    assert not dice.chance(0, 3) and dice.chance(3, 3)
    assert {dice.pick("xy") for _ in range(40)} == {"x", "y"}
