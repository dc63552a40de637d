"""The toy models by name."""

from sectorbench.harness.submission import Builtin

TOY_MODELS = {
    name: Builtin(f"toy_models:{cls}", {}, "regression", "toy")
    for name, cls in {
        "half": "Half",
        "telling": "Telling",
        "mean-life": "Mean",
        "slow": "Slow",
        "nan": "NotANumber",
        "short": "DropsRows",
        "wrong-columns": "WrongColumns",
        "raises": "Raises",
        "dies": "Dies",
        "hangs": "Hangs",
        "hungry": "Hungry",
        "slower": "Slower",
        "is-killed": "IsKilled",
        "prints": "Prints",
        "spy": "Spy",
        "no-fit": "DoesNotFit",
    }.items()
}
