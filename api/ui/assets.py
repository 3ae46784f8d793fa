"""Where the parts of pages lie: templates and scripts in the tree, style sheets in the build."""

from pathlib import Path
from typing import Final

UI_DIR: Final = Path(__file__).parent
TEMPLATES: Final = UI_DIR / "templates"
CHAT_SCRIPTS: Final = UI_DIR / "chat"
STYLES: Final = UI_DIR.parent.parent / ".build" / "ui"
