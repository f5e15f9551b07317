"""Where the scripts lie that Redis runs."""

from importlib.resources import files


def script(name: str) -> str:
    return files("sidecar.adapters").joinpath("lua", f"{name}.lua").read_text()
