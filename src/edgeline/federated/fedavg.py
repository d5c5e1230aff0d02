"""Federated averaging: McMahan et al., Communication-Efficient Learning of Deep Networks from
Decentralized Data, arXiv 1602.05629, algorithm 1.

    w_(t+1) = sum over clients k of (n_k / n) * w_k

Clients send w_k - w_t, the server adds the mean to w_t: the same result up to the rounding of one
difference in float32, in smaller numbers.
"""

from edgeline.federated.algorithm import Algorithm, add, subtract

FEDAVG = Algorithm(
    init=lambda _: {},
    client=subtract,
    server=lambda weights, mean, state, _: (add(weights, mean), state),
)
