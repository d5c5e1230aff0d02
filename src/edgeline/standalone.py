"""One HTML file that needs no network and no server, and that loads nothing.

Style, script and body stand in it, and its policy lets nothing be loaded or sent, and nothing run but
this very script. Equal arguments give equal text, in ASCII.
"""

import base64
import hashlib
from string import Template

SHELL = Template("""\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="$policy" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="referrer" content="no-referrer" />
    <meta name="color-scheme" content="light dark" />
    <title>$title</title>
    <style>$style</style>
  </head>
  <body>
$body
    <script type="module">$script</script>
  </body>
</html>
""")


def standalone(title: str, body: str, style: str, script: str, *, images: bool = False) -> str:
    """The file's text. `title` and `body` are HTML, escaped already; `images` lets data: URIs be shown."""
    filled = SHELL.substitute(
        policy=_policy(style, script, images), title=title, style=style, body=body, script=script
    )
    return filled.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _policy(style: str, script: str, images: bool) -> str:
    rules = {
        "default-src": "'none'",
        **({"img-src": "data:"} if images else {}),
        "script-src": _source(script),
        "style-src": _source(style),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
