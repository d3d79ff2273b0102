"""Whatever a student's code makes of its folder, it can be removed, and nothing outside of it is touched."""

from __future__ import annotations

import os

import pytest

from torchgrade.worker.removal import remove_tree

DEPTH = 3_000


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "worker"
    place.mkdir()
    return place


def nest(folder, depth):
    """Make folders in one another, deeper than any path can say."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def test_files_folders_and_links_are_removed(folder):
    (folder / "a" / "b").mkdir(parents=True)
    for name in ("one", "a/two", "a/b/three"):
        (folder / name).write_text("x")
    os.mkfifo(folder / "a" / "pipe")

    remove_tree(folder)

    assert not folder.exists()


def test_folders_in_folders_without_end_are_removed(folder):
    nest(folder, DEPTH)

    remove_tree(folder)

    assert not folder.exists()


def test_many_branches_with_the_same_names_are_removed(folder):
    for branch in ("moved-0", "moved-1", "moved-7", "other"):
        for leaf in ("moved-0", "moved-2", "moved-3"):
            (folder / branch / leaf / "deep").mkdir(parents=True)
            (folder / branch / leaf / "deep" / "file").touch()
    (folder / "moved-4").touch()

    remove_tree(folder)

    assert not folder.exists()


def test_no_link_is_followed(folder, tmp_path):
    outside = tmp_path / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "file").write_text("kept")
    outside.chmod(0o750)
    (folder / "a").mkdir()
    for place in (folder, folder / "a"):
        (place / "link").symlink_to(outside)
        (place / "file").symlink_to(outside / "file")

    remove_tree(folder)

    assert not folder.exists()
    assert (outside / "file").read_text() == "kept"
    assert (outside / "inner").is_dir()
    assert outside.stat().st_mode & 0o777 == 0o750


def test_a_link_in_place_of_the_folder_stays(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    link = tmp_path / "worker"
    link.symlink_to(outside)

    remove_tree(link)

    assert (outside / "file").exists()


def test_folders_without_rights_are_removed_as_by_their_owner(folder, tmp_path):
    (folder / "a" / "b" / "c").mkdir(parents=True)
    (folder / "a" / "b" / "file").touch()
    for place in ("a/b/c", "a/b", "a", "."):
        (folder / place).chmod(0)
    child = os.fork()
    if child == 0:  # root's rights would hide what an owner without them sees
        status = 1
        try:
            os.chdir(tmp_path)
            if os.geteuid() == 0:
                tmp_path.chmod(0o777)
                for place in (folder, folder / "a", folder / "a/b", folder / "a/b/c", folder / "a/b/file"):
                    os.chown(place, 65_534, 65_534)
                os.setresuid(65_534, 65_534, 65_534)
            remove_tree(folder.name)
            status = 0
        finally:
            os._exit(status)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not folder.exists()


def test_what_is_not_there_is_no_error(tmp_path):
    remove_tree(tmp_path / "nothing")

    assert list(tmp_path.iterdir()) == []
