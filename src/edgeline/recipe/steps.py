"""The steps of the line, in their order: one list for the summary, the command line and the vocabulary.

A step's name is that of its task, of its row in a summary, and of its line on the terminal. The
note stands beside its scores. A round, of which there are many, is part of `federate`.
"""

STEPS = {
    "data": "",
    "baseline": "logistic regression",
    "pretrained": "before it saw a label",
    "finetune": "",
    "scratch": "control: no pretrained start",
    "shrink": "",
    "untaught": "control: no teacher",
    "federate": "data stayed on devices",
    "export": "",
    "reference": "",
    "quantise": "the sealed model",
    "split": "",
    "seal": "",
    "rehearse": "",
    "gate": "",
    "anchor": "",
    "verify": "",
    "register": "",
}
