from docpages import DOCS, agree, blocks, run

TUTORIAL = DOCS / "tutorial.md"


def test_the_tutorial_prints_what_it_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    run(TUTORIAL, tmp_path)


def test_it_ends_with_check_training_set_and_replay():
    code = "".join(block.content for block in blocks(TUTORIAL) if block.language == "python")
    assert all(f"tt.{command}(" in code for command in ("check", "training_set", "replay"))


def test_output_is_compared_loosely_but_compared():
    assert agree(
        "loss 0.571 [0.53, 0.60]\n...\ndone", "loss  0.5702 [0.5334, 0.6026]\nmore\nand more\ndone\n"
    )
    assert agree("gain −0.0268", "gain −0.0261")  # noqa: RUF001  # as reports print it
    assert not agree("gain −0.0268", "gain +0.2610")  # noqa: RUF001
    assert not agree("loss 0.571", "loss 0.771")
    assert not agree("loss 0.571", "skill 0.571")
    assert not agree("one\n...", "two\none")
    assert not agree("one", "one\ntwo")
