"""Write the text of every scenario anew, and remove what belongs to none."""

from __future__ import annotations

from tests.scenarios.golden import FOLDER, files, golden, play, text_of

kept = set()
for file in files():
    path, text = golden(file), text_of(play(file))
    kept.add(path)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
        print(f"wrote {path.relative_to(FOLDER.parent)}")
for path in set(FOLDER.glob("*.txt")) - kept:
    path.unlink()
    print(f"removed {path.relative_to(FOLDER.parent)}")
