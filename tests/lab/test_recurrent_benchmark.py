from benchmarks.recurrent import CELLS, _best, measure


def test_the_benchmark_measures_every_cell_on_the_sources_own_sets() -> None:
    figures = measure({"finetune.epochs": "1", "finetune.seeds": "2", "pretrained.widths": "[4]"})

    networks = figures["networks"]
    assert isinstance(networks, dict)
    assert (figures["train"], figures["test"]) == (270, 370)
    assert tuple(networks) == CELLS
    assert all(len(network["by_seed"]) == 2 for network in networks.values())
    assert networks["rnn"]["weights"] < networks["gru"]["weights"] < networks["lstm"]["weights"]


def test_the_best_cell_leads_clearly_only_where_its_interval_lies_above_zero() -> None:
    best = _best({"rnn": [0.9, 0.9], "lstm": [0.8, 0.8], "gru": [0.85, 0.99]}, regression=0.95)

    assert best["cell"] == "gru"
    assert best["shared_with"] == ["rnn", "lstm"]
    lead = best["lead"]
    assert isinstance(lead, dict)
    assert lead["rnn"]["estimate"] == 0.02
    assert not lead["rnn"]["clear"]
    assert lead["logistic_regression"]["estimate"] == -0.03


def test_a_lead_that_every_seed_agrees_on_is_clear() -> None:
    best = _best({"rnn": [0.5, 0.6], "lstm": [0.7, 0.8], "gru": [0.4, 0.5]}, regression=0.1)

    assert best["cell"] == "lstm"
    assert best["shared_with"] == []
    assert best["lead"]["rnn"] == {"estimate": 0.2, "low": 0.2, "high": 0.2, "clear": True}  # type: ignore[index]
