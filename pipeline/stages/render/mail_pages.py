"""Pages about letters: the form that asks for them, and what a letter's links lead to."""

from typing import Any

from pipeline.stages.render.frame import fill_page
from pipeline.stages.render.mail_form import MailForm
from pipeline.stages.render.site import Site


def render_asking_page(site: Site, form: MailForm) -> bytes:
    """Render the form by itself, with what was wrong with it."""
    return _mail_page(site, "mail_ask.html", "Letters by e-mail", form=form)


def render_told_page(site: Site, heading: str, *sentences: str, link: str = "") -> bytes:
    """Render a page that says what was done; `link` leads to the subscriber's own page."""
    return _mail_page(site, "mail_told.html", heading, sentences=sentences, link=link)


def render_confirming_page(site: Site, action: str, what: str) -> bytes:
    """Render the button that confirms a subscription: opening a link must not do it, programs that
    look through mail open every link."""
    return _mail_page(
        site, "mail_button.html", "Confirm your subscription", action=action, button="Confirm",
        sentences=(f"You asked for {what}.",), keep="",
    )  # fmt: skip


def render_leaving_page(site: Site, action: str, address: str, manage: str) -> bytes:
    """Render the button that ends a subscription."""
    return _mail_page(
        site, "mail_button.html", "Unsubscribe", action=action, button="Unsubscribe", keep=manage,
        sentences=(
            f"{address} gets no more letters, and everything we keep about it is deleted.",
        ),
    )  # fmt: skip


def render_managing_page(
    site: Site, form: MailForm, action: str, leave: str, said: str = ""
) -> bytes:
    """Render the page where a subscriber changes what they get; `said` is what was just done."""
    return _mail_page(
        site, "mail_manage.html", "Your letters", form=form, action=action, leave=leave, said=said
    )


def _mail_page(site: Site, template: str, heading: str, **values: Any) -> bytes:
    return fill_page(
        template,
        site,
        path=None,
        title=f"{heading} \u00b7 {site.name}",
        description=heading,
        heading=heading,
        **values,
    )
