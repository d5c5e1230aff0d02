"""How tensors go through the parts of a model, which may read any earlier tensor."""

from edgeline.manifest.network import MAX_TENSORS, Net, TensorSpec


def travelling(model: Net, parts: tuple[Net, ...], index: int) -> tuple[TensorSpec, ...]:
    """What later parts read and the model answers, of all that exists once part `index` has run.

    With an index of -1: what the first part must be sent.
    """
    outputs = [spec for part in parts[: index + 1] for spec in part.outputs]
    needed = {spec.name for part in parts[index + 1 :] for spec in part.inputs}
    needed |= {spec.name for spec in model.outputs}
    return tuple(spec for spec in (*model.inputs, *outputs) if spec.name in needed)


def check_parts(model: Net, parts: tuple[Net, ...]) -> None:
    """Raises ValueError where the parts, in their order, are not the model."""
    if not parts:
        return
    tensors = {spec.name: spec for spec in model.inputs}
    for part in parts:
        for spec in part.inputs:
            if tensors.get(spec.name) != spec:
                raise ValueError(f"{part.file} reads {spec.name}, which nothing before it gives so")
        for spec in part.outputs:
            if spec.name in tensors:
                raise ValueError(f"{part.file} gives {spec.name}, which exists before it")
            tensors[spec.name] = spec
    if any(len(travelling(model, parts, at)) > MAX_TENSORS for at in range(-1, len(parts))):
        raise ValueError(f"more than {MAX_TENSORS} tensors travel between two parts")
    _check_outputs(model, parts)


def _check_outputs(model: Net, parts: tuple[Net, ...]) -> None:
    """Each is an output of the model, as the model gives it, or is read by a part."""
    outputs = {spec.name: spec for part in parts for spec in part.outputs}
    for spec in model.outputs:
        if outputs.get(spec.name) != spec:
            raise ValueError(f"no part gives {spec.name} as the model does")
    read = {spec.name for part in parts for spec in part.inputs}
    if unread := outputs.keys() - read - {spec.name for spec in model.outputs}:
        raise ValueError(f"a part gives {min(unread)}, which is neither read nor answered")
