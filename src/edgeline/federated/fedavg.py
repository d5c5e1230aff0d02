"""Federated averaging: McMahan et al., Communication-Efficient Learning of Deep Networks from
Decentralized Data, arXiv 1602.05629, algorithm 1.

    w_(t+1) = sum over clients k of (n_k / n) * w_k

Clients send w_k - w_t, the server adds the mean to w_t: the same result up to the rounding of one
difference in float32, in smaller numbers.
"""

from edgeline.federated.algorithm import Algorithm, State, Weights, add, subtract
from edgeline.recipe.federate import RoundSettings


def init(_: Weights) -> State:
    """The server remembers nothing."""
    return {}


def client(before: Weights, after: Weights) -> Weights:
    """How far training moved each weight."""
    return subtract(after, before)


def server(
    weights: Weights, mean: Weights, state: State, _: RoundSettings
) -> tuple[Weights, State]:
    """The weights moved by the mean of the clients' moves."""
    return add(weights, mean), state


FEDAVG = Algorithm(init, client, server)
