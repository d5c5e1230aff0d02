"""The algorithms that `federate.algorithm` of a recipe can name."""

from edgeline.federated.algorithm import Algorithm
from edgeline.federated.fedavg import FEDAVG

ALGORITHMS: dict[str, Algorithm] = {"fedavg": FEDAVG}
