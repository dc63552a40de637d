"""Plans of the toy task: what a run of the command line would compose, without Hydra."""

from sectorbench.harness.data import DataFiles
from sectorbench.harness.planning import Entry, make_plan
from sectorbench.harness.submission import Submission

TOY_TASK = "toy_area/toy-life"


def toy_plan(catalog, models, *, store, settings, cache, tracks=("default",), told=lambda text: None):
    """A plan of toy models, by name or as submissions, on the toy task."""
    return make_plan(
        [Entry(catalog.task(TOY_TASK), track) for track in tracks],
        [one if isinstance(one, Submission) else catalog.model(one) for one in models],
        floor=catalog.model,
        files=DataFiles(mirror=None, cache=cache),
        store=store,
        settings=settings,
        told=told,
    )
