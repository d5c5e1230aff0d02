"""The card in a few lines of Markdown; the whole of it is the page."""

from edgeline.datasets.card import Card
from edgeline.datasets.drift import DriftReport


def markdown(card: Card, drift: DriftReport | None) -> str:
    """Sets, devices, what was left out, and the drift since the revision before."""
    sets = "\n".join(f"| {name} | {count:,} |" for name, count in card.sets.items())
    left_out = ", ".join(f"{count} {reason}" for reason, count in card.left_out.items())
    alarms = ", ".join(shift.name for shift in drift.alarms) if drift else "nothing to compare with"
    columns = "; ".join(map(str, card.column_notes))
    return "\n".join(
        (
            f"**{card.source['title']}** ({card.source['licence']}), {card.digest}\n",
            f"| set | items |\n|---|---|\n{sets}\n",
            f"- classes: {len(card.form.classes)}; devices: {len(card.devices)}, skew {card.skew}",
            f"- left out: {left_out or 'nothing'}; labels suspected wrong: {card.suspects}",
            *([f"- columns: {columns}"] if columns else []),
            f"- drift against the revision before: {alarms or 'none'}",
        )
    )
