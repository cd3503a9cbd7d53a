"""The site and a page's place in it: every link within the site is relative to the page."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.stages.render.assets import file_name
from pipeline.stages.render.entries import site_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site every page belongs to. `base_url` is its public address, a last slash or not."""

    base_url: str
    name: str = "Dateline"
    tagline: str = "The latest on the world\u2019s conflicts, chosen by editors"

    @property
    def address(self) -> str:
        """The public address without a slash at the end."""
        return site_root(self.base_url)

    @property
    def root(self) -> str:
        """The path the site lies under: empty, or such as `/tracker`."""
        return urlsplit(self.address).path

    def canonical(self, path: str) -> str:
        """Give a page's one full address; `path` is such as `/conflicts/mali`.

        It ends in a slash: file servers send every other spelling on to that one.
        """
        return f"{self.address}{_spelt(path)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Where a page lies, for links from it: `up` leads to the site's root and ends in a slash.

    A folder of pages can then lie under any path of any server, or on a disk. A `lasting` page
    keeps its bytes when what it loads changes.
    """

    site: Site
    up: str
    lasting: bool = False

    @classmethod
    def at(cls, site: Site, path: str | None, *, lasting: bool = False) -> "Here":
        """Stand on the page with a site path; None is a page that answers at any address."""
        if path is None:
            up = f"{site.root}/"
        else:
            up = "../" * len(path.strip("/").split("/")) if path != "/" else "./"
        return cls(site=site, up=up, lasting=lasting)

    def file(self, name: str) -> str:
        """Name a file that the page loads, such as `dateline.css`."""
        return f"{self.up}static/{name if self.lasting else file_name(name)}"

    def to(self, path: str) -> str:
        """Link to a site path: a page (`/conflicts/mali`) or a file (`/latest-news.atom`)."""
        return self.up + _spelt(path).removeprefix("/")

    def inside(self, url: str) -> str:
        """Link to a full address: relative when it is on this site, else as it is."""
        if not url.startswith(self.site.address + "/"):
            return url
        return self.to(url.removeprefix(self.site.address))


def _spelt(path: str) -> str:
    """Give a page's path with a slash at its end; a file's as it is."""
    return path if path.endswith("/") or "." in path.rpartition("/")[2] else f"{path}/"
