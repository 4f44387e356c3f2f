"""Lets support agents into a Django app as one of its customers, for as long as an Understudy grant runs.

An agent comes with a link's code. The middleware brings it to the bot together with the e-mail address of whom the
app has signed in, and keeps the token that it gets in the app's session. On each request it verifies that token with
the bot's public keys, says who acts for whom (request.actor, request.subject, request.grant), refuses what the grant's
scope doesn't allow, and shows a banner. A thread listens to the bot, so that a grant that has ended is over here within
a second or two.

Whatever is in doubt counts as not acting; and what was sent while acting is never done as the agent themselves: once a
grant has ended, nothing is changed in its session until the agent has read so.

In settings.py, behind the middleware of sessions and of authentication:

    MIDDLEWARE = [..., "understudy.UnderstudyMiddleware"]
    UNDERSTUDY = {
        "URL": "https://understudy.example.com",         # the bot
        "APP": "portal",                                 # this app's name there
        "TOKEN": os.environ["UNDERSTUDY_TOKEN"],         # of the role app
        "SIGN_IN": "/accounts/login/",                   # where staff sign in; ?next= leads back
        "STAFF_EMAIL": "portal.staff.email",             # (request) -> the e-mail address of whom is signed in as staff, or None
        "IS_STAFF_ACCOUNT": "portal.staff.has_account",  # (account id) -> whether this customer is one of the staff; not False: nothing is opened
    }

Where a flow wants whoever opens the app to have signed in a moment ago (fresh_sign_in):

        "SIGNED_IN": "portal.staff.signed_in",           # (request) -> when and how they proved who they are, a pair
        "SIGN_IN_AGAIN": "/accounts/again/",             # where they do it anew; takes ?next= and ?max_age=, in seconds

When is a datetime, or OpenID Connect's auth_time, or None if it isn't known; how is a list of words such as its amr, and may be empty.

Optional: "ISSUER" (what tokens must name as their issuer; by default the bot is asked), and "DEEDS": False (don't
report what was changed).
"""

import atexit
import base64
import hashlib
import json
import logging
import os
import random
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone
from functools import wraps
from html.parser import HTMLParser
from http.client import HTTPException
from typing import NamedTuple

import jwt
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import get_script_prefix
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.html import format_html, format_html_join
from django.utils.module_loading import import_string

LEEWAY = 30  # seconds by which the clocks of the app and the bot may differ
REFRESH = 60  # seconds before a token's end at which the next one is fetched
PATIENCE = 5  # seconds that the bot has to answer
READ_ONLY, FULL = "read_only", "full"
SAFE = ("GET", "HEAD", "OPTIONS")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
STALE = "urn:understudy:problem:fresh-sign-in"  # the type of the problem that a sign-in isn't fresh
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")  # with what browsers fetch before anybody clicks

log = logging.getLogger("understudy")


class Actor(NamedTuple):
    """The agent."""

    email: str
    name: str


class Subject(NamedTuple):
    """The customer."""

    id: str
    name: str


class Grant(NamedTuple):
    """What a token that was verified says."""

    case: str
    session: str
    flow: str
    scope: str
    reason: str
    actor: Actor
    subject: Subject
    expires: float  # the token
    until: float  # the grant
    token: str


class Over(Exception):
    """A token gives nothing, or gives nothing any more."""


class Unreachable(Exception):
    """The bot gave no answer that says anything."""


class Refused(Exception):
    """The bot said no, in words for people."""

    def __init__(self, status, title, detail):
        super().__init__(f"{status} {title}: {detail}")
        self.status, self.title, self.detail = status, title, detail


class Stale(Refused):
    """The bot said no until the agent signs in to the app anew. It has used nothing up."""

    def __init__(self, status, title, detail, max_age):
        super().__init__(status, title, detail)
        self.max_age = max_age  # how old a sign-in may be, in seconds


# What views are marked with.


def require_grant(flow, account):
    """The view is for agents with a grant of this flow for this account. Others meet a page on which they ask for one.
    Account is the name of the view's argument that has the account's id, or a function of the request and the arguments.
    """

    def mark(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            wanted = str(account(request, *args, **kwargs) if callable(account) else kwargs[account])
            if request.grant and (request.grant.flow, request.subject.id) == (flow, wanted):
                return view(request, *args, **kwargs)
            return request.understudy.must_ask(request, flow, wanted)

        return guarded

    return mark


def dangerous(view):
    """The view does something although it is a GET: it is refused while somebody may only look."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if request.grant and request.grant.scope == READ_ONLY:
            return only_looking(request)
        return over_by_now(request) or view(request, *args, **kwargs)

    return guarded


def never_as_customer(view):
    """The view is barred to all who act as a customer, whatever they may do otherwise: changing a password, payouts."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if request.grant:
            return page(403, "Not as a customer", "Nobody does this for somebody else, so nothing was changed.")
        return over_by_now(request) or view(request, *args, **kwargs)

    return guarded


# The keys of what is kept in the app's session.
HELD = "understudy"  # the token, when the bot last gave it, and when it was last asked for the next one
ENDED = "understudy_ended"  # whose access to whom has ended, until they have read so
ASKED = "understudy_asked"  # who asked for which cases
CSRF = "understudy_csrf"

LINK_LIFE = 120  # seconds
AGAIN = "again"  # in the query of who was sent to sign in anew: they are sent there once, and in no circle


class UnderstudyHeaders:
    """Goes first of all middleware, where another one sends a Content-Security-Policy, or tells a cache something: it
    does to their headers what UnderstudyMiddleware does to those of the app."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "grant", None):
            keep_nowhere(response)
        if getattr(request, "understudy_banner", False):
            allow_banner(response)
        return response


class UnderstudyMiddleware:
    """Is all of the above. Its own paths are below /understudy/."""

    def __init__(self, get_response):
        self.get_response = get_response
        given = getattr(settings, "UNDERSTUDY", {})
        needed = {"URL", "APP", "TOKEN", "SIGN_IN", "STAFF_EMAIL", "IS_STAFF_ACCOUNT"}
        wrong = [f"{name} is missing" for name in sorted(needed) if not given.get(name)]
        wrong += [f"{name} isn't a setting" for name in sorted(set(given) - needed - {"ISSUER", "DEEDS", "SIGNED_IN", "SIGN_IN_AGAIN"})]
        if given.get("URL") and not re.match(r"https?://[^/]", given["URL"]):
            wrong.append("URL isn't the address of the bot, such as https://understudy.example.com")
        elif str(given.get("URL")).startswith("http:") and not is_here(given["URL"]):
            wrong.append("URL sends TOKEN across the network for all to read; give one with https")
        if wrong:
            raise ImproperlyConfigured("UNDERSTUDY in the settings: " + "; ".join(wrong) + ".")
        self.staff_email, self.is_staff_account, self.signed_in = (
            import_string(given[name]) if isinstance(given.get(name), str) else given.get(name)
            for name in ("STAFF_EMAIL", "IS_STAFF_ACCOUNT", "SIGNED_IN")
        )
        self.sign_in, self.again, self.report = given["SIGN_IN"], given.get("SIGN_IN_AGAIN"), given.get("DEEDS", True)
        self.bot = Bot(given["URL"].rstrip("/"), given["APP"], given["TOKEN"], given.get("ISSUER"))
        self.own = {"open": self.open, "end": self.end, "ask": self.ask, "wait": self.wait}

    def __call__(self, request):
        if not hasattr(request, "session"):
            raise ImproperlyConfigured(
                "UnderstudyMiddleware goes behind django.contrib.sessions.middleware.SessionMiddleware in MIDDLEWARE."
            )
        self.bot.listen()
        request.understudy = self
        self.recognise(request)
        area, _, name = request.path_info[1:].partition("/")
        if area == "understudy" and name in self.own:
            return self.shown(request, too_early() if is_ahead(request) else self.own[name](request))
        refusal, harmless = self.refusal(request), is_harmless(request)
        if request.grant:
            # The page is made for this request alone: not compressed before the banner is in it, not "as you know it
            # already" from before, not a part of it.
            for header in ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE"):
                request.META.pop(header, None)
        status = 500  # if the app breaks
        try:
            response = refusal or self.get_response(request)
            status = response.status_code
        finally:
            if request.grant and not refusal and self.report and not (harmless and is_harmless(request)):
                self.bot.did(request, status)
        return self.shown(request, response)

    def process_view(self, request, view, args, kwargs):
        """Looks once more: middleware behind this one may have changed the method."""
        if request.grant and request.grant.scope == READ_ONLY and request.method not in SAFE:
            return only_looking(request)
        return None

    def staff(self, request):
        return fold(self.staff_email(request) or "")

    # Who acts for whom.

    def recognise(self, request):
        """Sets the request's grant, actor and subject; to None where nobody acts or it is in doubt."""
        request.grant = request.actor = request.subject = None
        held = request.session.get(HELD)
        if not held:
            return
        grant = None
        try:
            grant = self.bot.read(held["token"])
            if grant.actor.email != self.staff(request):
                raise Over("another person is signed in")
            if self.bot.has_ended(grant.case, held["vouched"]):
                raise Over("the bot said so")
            grant = self.fresh(request, held, grant)
        except Over as why:
            log.info("a grant is over here: %s", why)
            del request.session[HELD]
            request.session[ENDED] = {"email": grant and grant.actor.email, "name": grant.subject.name if grant else "this customer"}
            return
        request.grant, request.actor, request.subject = grant, grant.actor, grant.subject

    def fresh(self, request, held, grant):
        """Is the grant by a token that is good now."""
        now = time.time()
        left = grant.expires - now
        if left < REFRESH and (left <= 0 or now - held["tried"] >= 10):
            request.session[HELD] = held = {**held, "tried": now}
            try:
                token = self.bot.text("token", "/v1/grants/refresh", {"token": held["token"]})
                grant, known = self.bot.read(token), grant
                if (grant[:2], grant.actor.email, grant.subject.id) != (known[:2], known.actor.email, known.subject.id):
                    raise Over("the bot gave another grant's token")
                request.session[HELD] = {"token": token, "vouched": time.time(), "tried": 0}
            except Refused as no:
                raise Over(no.title) from no
            except Unreachable as away:
                log.warning("a grant couldn't be refreshed: %s", away)
        if grant.expires <= time.time() - LEEWAY:
            raise Over("its token is over")
        return grant

    def refusal(self, request):
        """Is why the app's own views don't get the request, or None."""
        ended = request.session.get(ENDED)
        name = ended and ended["name"]
        if ended and ended["email"] not in (None, self.staff(request)):  # it is none of the business of who is here now
            del request.session[ENDED]
            ended = None if is_harmless(request) else ended
            name = "a customer"
        if ended and not is_harmless(request):
            return over_page(name)
        if ended and request.method == "GET" and is_page(request) and not is_ahead(request):
            self.leave(request)
            return page(200, "Your access has ended", f"Your access to {name} has ended.", "If you aren't done, ask again in Slack.")
        if not request.grant:
            return None
        if request.grant.scope == READ_ONLY and not is_harmless(request):
            return only_looking(request)
        methods = {request.method, *(request.headers[h].upper() for h in OVERRIDES if h in request.headers)}
        if not methods <= {*SAFE, *CHANGING}:  # nobody could be told of it
            return page(405, "Not as a customer", "Requests of this kind aren't possible while acting as a customer. Nothing was changed.")
        return None

    # The middleware's own paths.

    def open(self, request):
        """Takes a link's code, for whoever is signed in."""
        if request.method != "GET":
            return method_not_allowed("GET")
        code = request.GET.get("code") or request.COOKIES.get(link_cookie(request), "")
        if not re.fullmatch(r"[\w.~-]{1,200}", code, re.ASCII):
            code = ""  # what isn't one goes into no cookie
        if not self.staff(request):
            # The code waits in a cookie, and not in the addresses of the pages where people sign in.
            return self.keep(request, code, self.to_sign_in(own("open")))
        if not code:
            response = page(400, "No link", "This address has no code that could open anything. Click Open as … in Slack once more.")
        else:
            try:
                response = private(self.let_in(request, {"code": code}, get_script_prefix()))
            except Stale as no:
                return self.keep(request, code, self.step_up(request, no, own("open") + "?"))
        response.delete_cookie(link_cookie(request))
        return response

    def keep(self, request, code, response):
        """Has the browser keep a link's code while its agent signs in."""
        response.set_cookie(link_cookie(request), code, max_age=LINK_LIFE, httponly=True, samesite="Lax", secure=request.is_secure())
        return response

    def let_in(self, request, redemption, to):
        """Opens the grant, in a session of a new id, and goes on. It is Stale where the agent has to sign in anew."""
        if request.grant:
            return self.is_acting(request)
        try:
            token = self.bot.text("token", "/v1/grants/redeem", {**redemption, "staff_email": self.staff(request), **self.proof(request)})
            vouched = time.time()
            grant = self.bot.read(token)
            if grant.actor.email != self.staff(request) or grant.expires <= vouched - LEEWAY:
                raise Over("it is somebody else's, or over already")
            if self.is_staff_account(grant.subject.id) is not False:  # also if it isn't known
                self.bot.revoke(token)
                return page(
                    403,
                    "One of the staff",
                    "This account is of a member of staff, and nobody acts as them. Nothing was opened, and the access was given back.",
                )
        except Stale:
            raise
        except (Refused, Unreachable) as no:
            return failed(no)
        except Over as why:
            log.error("the bot gave a token that isn't good here: %s", why)
            return page(
                502,
                "Nothing was opened",
                "The bot's answer couldn't be verified, so nothing was opened. The clock of this machine may be wrong; the app's log says more.",
            )
        self.leave(request)
        request.session[HELD] = {"token": token, "vouched": vouched, "tried": 0}
        return SeeOther(to)

    def proof(self, request):
        """Is when and how the agent proved who they are, as the bot is told."""
        at, how = (self.signed_in and self.signed_in(request)) or (None, None)
        seconds = at.timestamp() if isinstance(at, datetime) else at
        return {**({"auth_time": int(seconds)} if seconds else {}), **({"amr": list(how)} if how else {})}

    def step_up(self, request, no, back):
        """Sends an agent to sign in anew, and back. Who comes back no fresher reads why."""
        if not (self.signed_in and self.again):
            log.warning("A flow wants a fresh sign-in, which the app can't show: set SIGNED_IN and SIGN_IN_AGAIN.")
            return page(403, no.title, no.detail)
        query = urllib.parse.urlencode({"next": local(f"{back}{AGAIN}=1"), "max_age": no.max_age})
        to = f"{self.again}{'&' if '?' in self.again else '?'}{query}"
        if AGAIN in request.GET:
            return page(403, no.title, no.detail, form=format_html('<p><a href="{}">Sign in once more</a></p>', to))
        return private(SeeOther(to))

    def leave(self, request):
        """Forgets what the session held, and gives it and its forms new secrets: what was made before is void."""
        for key in (HELD, ENDED):
            request.session.pop(key, None)
        request.session[CSRF] = get_random_string(32)
        request.session.cycle_key()
        rotate_token(request)

    def end(self, request):
        """Ends the grant because the agent is done."""
        if request.method != "POST":
            return method_not_allowed("POST")
        if not has_csrf(request):
            return strange()
        grant = request.grant
        request.grant = request.actor = request.subject = None
        self.leave(request)
        if grant and self.bot.revoke(grant.token):
            self.bot.over(grant.case)  # the stream tells it too, in a moment
        elif grant:
            return page(
                200,
                "Ended here alone",
                f"You are yourself again in this app. The bot couldn't be told, so your access to {grant.subject.name} goes on for it: end it in Slack as well.",
            )
        return SeeOther(get_script_prefix())

    def must_ask(self, request, flow, account):
        """Is what those meet who have no grant for the account of a view."""
        if not self.staff(request):
            return self.to_sign_in(request.get_full_path())
        if request.grant:
            return page(
                403,
                "Another customer's",
                f"You act as {request.subject.name} now, and this needs another access. Nothing was done. End that first, with the button above.",
            )
        if request.method != "GET":
            return page(403, "No access", "Nothing was done: you have no access to this account. Open its page, and ask for it there.")
        return asking(request, 403, flow, account, local(request.get_full_path()))

    def ask(self, request):
        """Starts a request of the agent who is signed in."""
        if request.method != "POST":
            return method_not_allowed("POST")
        if not has_csrf(request):
            return strange()
        if request.grant:
            return self.is_acting(request)
        staff = self.staff(request)
        if not staff:
            return self.to_sign_in(get_script_prefix())
        wish = {name: request.POST.get(name, "") for name in ("flow", "account", "reason")}
        to = local(request.POST.get("next"))
        try:
            case = self.bot.text("case", "/v1/cases", {**wish, "staff_email": staff})
        except Refused as no:
            if no.status == 422:  # they can mend it
                return asking(request, 422, wish["flow"], wish["account"], to, wish["reason"], no.detail)
            return failed(no)
        except Unreachable as away:
            return failed(away)
        asked = dict(list(request.session.get(ASKED, {}).items())[-20:])
        request.session[ASKED] = {**asked, case: staff}
        return SeeOther(own("wait") + "?" + urllib.parse.urlencode({"case": case, "next": to}))

    def wait(self, request):
        """Says how a request stands to who made it, and goes on once it was allowed."""
        if request.method not in ("GET", "HEAD"):
            return method_not_allowed("GET")
        case, to = request.GET.get("case", ""), local(request.GET.get("next"))
        staff = self.staff(request)
        if not staff:
            return self.to_sign_in(request.get_full_path())
        if request.session.get(ASKED, {}).get(case) != staff:
            return page(403, "Not your request", "Only who asked sees how a request stands here.")
        if request.grant:
            return SeeOther(to) if request.grant.case == case else self.is_acting(request)
        try:
            now = self.bot.call(f"/v1/cases/{urllib.parse.quote(case, safe='')}/standing")
            whom, asked, over = str(now["subject"]["name"]), ", ".join(map(str, now["asked"])), bool(now["over"])
            active, from_slack = now["status"] == "active", bool(now["from_slack"])
        except Refused as no:
            return failed(no)
        except (Unreachable, KeyError, TypeError):
            return page(503, "One moment", "The bot doesn't answer. Your request is kept, and this page tries again by itself.", again=2)
        if over:
            why = now.get("why") or f"It is {str(now['status']).replace('_', ' ')}."
            return page(200, "Nothing was opened", f"Your request for {whom} is over: {why}")
        if active and from_slack:
            return page(
                200,
                "Open it from Slack",
                f"Your access to {whom} was allowed. You asked for it in Slack, so it is opened there: click Open as {whom}.",
                again=2,
            )
        if active and request.method == "GET":
            try:
                return self.let_in(request, {"case": case}, to)
            except Stale as no:
                return self.step_up(request, no, own("wait") + "?" + urllib.parse.urlencode({"case": case, "next": to}) + "&")
        who = f"Asked: {asked}." if asked else "It is being decided who is asked."
        return page(200, "Your request is being decided", f"You asked for access to {whom}.", who, "This page goes on by itself.", again=2)

    def to_sign_in(self, back):
        return private(SeeOther(f"{self.sign_in}{'&' if '?' in self.sign_in else '?'}{urllib.parse.urlencode({'next': local(back)})}"))

    def is_acting(self, request):
        return page(
            409,
            "You act as a customer already",
            f"You act as {request.subject.name} now, and nobody acts as two customers at once, so nothing else was opened. End that first, with the button above.",
        )

    # The banner.

    def shown(self, request, response):
        """Puts the banner into a page, and keeps what an agent saw as a customer out of every cache."""
        if not request.grant:
            return response
        keep_nowhere(response)
        if response.streaming and not getattr(response, "is_async", False):
            response.streaming_content = self.until_over(request, response.streaming_content)
        kind, _, charset = response.get("Content-Type", "").lower().partition(";")
        if (
            kind.strip() not in HTML
            or response.get("Content-Disposition", "").lower().startswith("attachment")
            or not (response.streaming or response.content)
        ):
            return response
        if response.has_header("Content-Encoding") or "utf-16" in charset or "utf-32" in charset or getattr(response, "is_async", False):
            response.close()
            return self.shown(
                request,
                page(
                    500,
                    "Not shown",
                    "This page came in a form that the banner can't be put into, so it isn't shown while you act as a customer.",
                ),
            )
        request.understudy_banner = True
        allow_banner(response)
        text = banner(request)
        if response.streaming:
            response.streaming_content = with_banner(response.streaming_content, text, is_page(request))
            del response["Content-Length"]
        else:
            response.content = b"".join(with_banner([response.content], text, is_page(request)))
            if response.has_header("Content-Length"):
                response["Content-Length"] = str(len(response.content))
        return response

    def until_over(self, request, chunks):
        """Is of a stream what comes before the grant ends."""
        grant, vouched = request.grant, request.session.get(HELD, {}).get("vouched", 0)
        for chunk in chunks:
            if self.bot.has_ended(grant.case, vouched) or time.time() > grant.until + LEEWAY:
                return
            yield chunk


HTML = ("text/html", "application/xhtml+xml", "", "*/*", "unknown/unknown", "application/unknown")  # or what browsers may take for it

# By which an app tells a cache something of its own: RFC 9213's headers, and those before it.
CACHES = re.compile("-cache-control$|^(surrogate-control|edge-control|x-accel-expires)$")

LONGEST_HEAD = 256 << 10  # bytes that are held back of a page that comes in pieces, until its body begins

POLICY = "Content-Security-Policy"

LAYOUT = (
    "all:initial!important;display:flex!important;flex-wrap:wrap!important;gap:4px 16px!important;align-items:center!important;justify-content:space-between!important;"
    "box-sizing:border-box!important;width:100%!important;max-height:50vh!important;overflow:auto!important;padding:8px 16px!important;background:#7a1f1f!important;color:#fff!important;font:14px/1.4 system-ui,sans-serif!important"
)
STYLES = {
    "frame": "all:initial!important;display:block!important;position:sticky!important;top:0!important;z-index:2147483647!important",
    "layout": LAYOUT,
    "bar": LAYOUT + ";position:fixed!important;top:0!important;left:0!important;z-index:2147483647!important",
    "form": "margin:0",
    "button": "font:inherit;color:#7a1f1f;background:#fff;border:0;border-radius:4px;margin:0;padding:2px 12px;cursor:pointer;white-space:nowrap",
}

HASHES = [f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" for style in STYLES.values()]

WHO = """<span><strong><bdi>{actor}</bdi></strong> acting as <strong><bdi>{subject}</bdi></strong> ({scope})
until <time datetime="{until}">{clock}</time><bdi>{reason}</bdi></span>"""

# It is there twice, and lies over itself: fixed above the page, and at the page's begin, where it makes room and sticks.
# Where a page has the one scrolled away, because of what its body is or is moved by, the other stays.
BANNER = """<div id="understudy-banner" style="{frame}"><div aria-hidden="true" style="{layout}">{who}\
<button form="understudy-end" tabindex="-1" style="{button}">End now</button></div>
<div role="status" style="{bar}">{who}
<form id="understudy-end" method="post" action="{end}" style="{form}"><input type="hidden" name="understudy_csrf" value="{csrf}" />\
<button style="{button}">End now</button></form></div></div>"""


def banner(request):
    grant = request.grant
    until = datetime.fromtimestamp(grant.until, timezone.utc)
    who = format_html(
        WHO,
        actor=grant.actor.name or grant.actor.email,
        subject=grant.subject.name or grant.subject.id,
        scope="read-only" if grant.scope == READ_ONLY else "full access",
        until=until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        clock=until.strftime("%H:%M UTC"),
        reason=f" · {grant.reason}" if grant.reason else "",
    )
    text = format_html(BANNER, who=who, end=own("end"), csrf=csrf(request), **STYLES)
    return text.encode("ascii", "xmlcharrefreplace")  # whatever the page's charset is


def keep_nowhere(response):
    """Lets no cache have the answer."""
    add_never_cache_headers(response)
    for name in list(response.headers):
        if CACHES.search(name.lower()):
            del response.headers[name]


def allow_banner(response):
    """Has each policy of a page allow what the banner needs, and nothing else: its own styles by their hashes, and a form
    that leads to the app itself. Source: Content Security Policy Level 3."""
    if response.has_header(POLICY):
        response[POLICY] = ",".join(allowing_banner(policy) for policy in response[POLICY].split(","))


# What takes 'unsafe-inline' back where it stands beside it.
TAKES_BACK = re.compile("'(nonce|sha256|sha384|sha512)-[a-z0-9+/_-]+=*'", re.IGNORECASE)


def allowing_banner(policy):
    said = {}  # the first of a name counts
    for directive in policy.split(";"):
        words = [word for word in re.split("[\t\n\f\r ]+", directive) if word]
        if words and directive.isascii():
            said.setdefault(words[0].lower(), words[1:])
    own = next((said[name] for name in ("style-src-attr", "style-src", "default-src") if name in said), None)
    if own is not None and HASHES[0] not in own:
        low, back = [word.lower() for word in own], [word for word in own if TAKES_BACK.fullmatch(word)]
        kept = [word for word in back if not word.lower().startswith("'nonce")] if "'unsafe-hashes'" in low else []
        if "'unsafe-inline'" not in low or back:
            policy = " ".join(["style-src-attr", *kept, "'unsafe-hashes'", *HASHES]) + "; " + policy
    forms = said.get("form-action")
    if forms is not None and "'self'" not in map(str.lower, forms):
        policy = " ".join(["form-action", *(word for word in forms if word.lower() != "'none'"), "'self'; "]) + policy
    return policy


def with_banner(chunks, text, whole):
    """Is the page in its chunks, with the banner in it. A part of a page, which a script asked for, has no body and
    gets none."""
    chunks, place, begun, read = iter(chunks), Place(), b"", 0
    for chunk in chunks:
        begun += chunk
        if b">" not in chunk and len(begun) <= LONGEST_HEAD:
            continue  # no tag has ended
        more, read = begun[read:], len(begun)
        if place.found(more.decode("latin-1")) or read > LONGEST_HEAD:  # so that a character is a byte, whatever it means
            break
    at = place.at if place.body or whole else None
    if at is None:
        at = 0 if whole else len(begun)
        text = text if whole else b""
    yield begun[:at] + text + begun[at:]
    yield from chunks


class Found(Exception):
    """Ends the search."""


class Place(HTMLParser):
    """Finds where a page's body begins: behind its tag, or at the first thing that can't be in a head. What looks so in
    comments, scripts, titles and the like is none of it."""

    HEAD = {"html", "head", "meta", "link", "base", "style", "script"}
    OPAQUE = {"title", "noscript", "template"}

    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.at, self.body, self.inside, self.text = None, False, None, ""

    def found(self, chunk):
        self.text += chunk
        try:
            self.feed(chunk)
        except Found:
            pass
        except Exception:  # it isn't HTML; the banner goes before all of it
            self.at = 0
        return self.at is not None

    def handle_starttag(self, tag, attrs):
        if self.inside:
            return
        if tag in self.OPAQUE:
            self.inside = tag
        elif tag not in self.HEAD:
            line, column = self.getpos()
            before = self.text.split("\n", line - 1)[: line - 1]
            start = sum(map(len, before)) + len(before) + column
            self.body = tag == "body"
            self.at = start + len(self.get_starttag_text()) if self.body else start
            raise Found

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = None


def is_harmless(request):
    """Whether a request changes nothing, by what HTTP says of methods. What a socket would be used for, nobody knows."""
    return request.method in SAFE and not any(request.headers.get(name) for name in ("Upgrade", *OVERRIDES))


def is_ahead(request):
    """Whether nobody has clicked yet, and a browser fetches what might be clicked."""
    return any(request.headers.get(name) for name in AHEAD)


def is_page(request):
    """Whether the answer is what somebody sees, and not what a script asked for. Old browsers don't say."""
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate" and request.accepts("text/html")


# Pages of the middleware.


class SeeOther(HttpResponseRedirect):
    status_code = 303


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">{again}
<title>{title}</title></head>
<body style="margin:0;font:16px/1.5 system-ui,sans-serif;color:#1d1c1d">
<main style="max-width:34em;margin:12vh auto;padding:0 24px">
<h1 style="font-size:24px">{title}</h1>
{text}{form}
<p><a href="{home}">Go on</a></p>
</main></body></html>
"""
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

ASK = """
<form method="post" action="{action}"><input type="hidden" name="understudy_csrf" value="{csrf}">
<input type="hidden" name="flow" value="{flow}"><input type="hidden" name="account" value="{account}">
<input type="hidden" name="next" value="{to}">
<label>Reason<br><textarea name="reason" required rows="4" style="width:100%;font:inherit">{reason}</textarea></label>
<button type="submit" style="font:inherit;padding:8px 20px">Ask</button></form>
"""


def page(status, title, *paragraphs, form="", again=0):
    """Is a page that says something, and loads itself again after so many seconds."""
    text = format_html(
        PAGE,
        again=format_html('<meta http-equiv="refresh" content="{}">', again) if again else "",
        title=title,
        text=format_html_join("\n", "<p>{}</p>", ((p,) for p in paragraphs)),
        form=form,
        home=get_script_prefix(),
    )
    response = private(HttpResponse(text, status=status))
    response["Content-Security-Policy"] = PAGE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


def private(response):
    """Keeps an answer, and the address that it was asked by, to who asked."""
    add_never_cache_headers(response)
    response["Referrer-Policy"] = "no-referrer"
    return response


def asking(request, status, flow, account, to, reason="", problem=""):
    """Is the page on which an agent asks, with what was wrong with it the last time."""
    ask = {"action": own("ask"), "csrf": csrf(request), "flow": flow, "account": account, "to": to, "reason": reason}
    words = f"You have no access to {account}. Say why you need it; whoever decides reads it, and this page goes on by itself."
    return page(status, "Ask for access", *([problem] if problem else []), words, form=format_html(ASK, **ask))


def failed(why):
    if isinstance(why, Refused):
        return page(why.status, why.title, why.detail)
    log.warning("%s", why)
    return page(503, "The bot doesn't answer", "Nothing was opened, because the bot couldn't be asked. Try again in a moment.")


def only_looking(request):
    return page(403, "Read-only", f"You may look at everything of {request.subject.name} and change nothing, so nothing was done.")


def over_by_now(request):
    """Is what those get who do something, meant as a customer, in whose place they aren't any more; or None."""
    ended = request.session.get(ENDED)
    return ended and over_page(ended["name"])


def over_page(name):
    return page(403, "Your access has ended", f"Your access to {name} has ended, so nothing was changed, neither there nor in your own name.")


def strange():
    return page(
        403,
        "Not from here",
        "The form wasn't made by this app for you now, so nothing was done. Reload the page that it is on, and try again.",
    )


def too_early():
    """Is an answer of which a browser keeps nothing, so that it asks again at the click."""
    return private(HttpResponse(status=503))


def method_not_allowed(allowed):
    response = page(405, "Not so", "This address isn't asked in this way. Nothing was done.")
    response["Allow"] = allowed
    return response


def fold(email):
    """Is an address as the bot compares it: only the letters A to Z have no case, or others' addresses would become alike."""
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), email)


def link_cookie(request):
    """Is what the cookie is called that keeps a link's code while its agent signs in. Browsers take __Host- from this very
    host alone, by TLS: a neighbour under the same domain can't put another in its place."""
    return "__Host-understudy_link" if request.is_secure() else "understudy_link"


def own(name):
    return f"{get_script_prefix()}understudy/{name}"


def local(path):
    """Is the path if it leads nowhere else: browsers read // and /\\ as another host, and drop control characters."""
    return path if re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", path or "") else get_script_prefix()


def csrf(request):
    """Is the secret of the session's forms."""
    if CSRF not in request.session:
        request.session[CSRF] = get_random_string(32)
    return request.session[CSRF]


def has_csrf(request):
    """Whether a form is of this session, and comes from a page of this app, as far as the browser says."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "null")
    if site not in ("same-origin", "none") and (site or origin != "null" and origin.partition("://")[2] != request.get_host()):
        return False
    return CSRF in request.session and constant_time_compare(request.POST.get("understudy_csrf", ""), request.session[CSRF])


# The bot.


def is_here(url):
    """Whether an address is of this machine, so that nothing crosses a network."""
    host = urllib.parse.urlsplit(url).hostname or ""
    return host == "localhost" or re.fullmatch(r"127(\.\d{1,3}){3}|::1", host) is not None


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the app's token is for the bot alone."""

    def redirect_request(self, *_):
        return None


class Bot:
    """What this process knows of the bot: its keys, which grants run, and what it is still to be told. All of it is
    used by many threads."""

    def __init__(self, url, app, token, issuer):
        self.url, self.app, self.token, self.issuer = url, app, token, issuer
        # What doesn't leave this machine goes through no proxy either, which would read it.
        self.http = urllib.request.build_opener(NoRedirect(), *([urllib.request.ProxyHandler({})] if is_here(url) else []))
        self.lock = threading.Lock()  # of what follows; nothing is asked of the bot under it
        self.running, self.listed = set(), 0.0  # the grants that run, and since when they are all of them
        self.ended = {}  # cases, and when it was heard
        self.deeds, self.timer = [], None
        self.listener = None  # the process that has one
        self.pause = 0.5  # seconds before it listens again
        self.keys_lock = threading.Lock()
        self.keys, self.keys_at, self.fetches = {}, float("-inf"), []
        self.sending = threading.Lock()
        atexit.register(self.tell, last=True)

    def call(self, path, body=None, form=None):
        """Asks the bot. Its answer is an object; other than that there are Refused and Unreachable."""
        try:
            with self.http.open(self.request(path, body, form), timeout=PATIENCE) as response:
                answer = json.loads(response.read(1 << 20))
                if not isinstance(answer, dict):
                    raise ValueError("it isn't an object")
                return answer
        except urllib.error.HTTPError as error:
            with error:
                try:
                    problem = json.loads(error.read(1 << 16))
                    title, detail = str(problem["title"]), str(problem["detail"])
                    max_age = int(problem["max_age"]) if problem.get("type") == STALE else 0
                except (ValueError, KeyError, TypeError, OSError, HTTPException):
                    title, detail, max_age = "The bot refused", f"It answered {error.code} and said nothing more.", 0
            if max_age:
                raise Stale(error.code, title, detail, max_age) from None
            if 400 <= error.code < 500:
                raise Refused(error.code, title, detail) from None
            raise Unreachable(f"asking the bot for {path}: {error.code} {title}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise Unreachable(f"asking the bot for {path}: {error}") from error

    def text(self, name, path, body=None):
        """Is the one text that matters of what the bot answers."""
        found = self.call(path, body).get(name)
        if not found or not isinstance(found, str):
            raise Unreachable(f"asking the bot for {path}: its answer has no {name}")
        return found

    def request(self, path, body=None, form=None):
        data, headers = None, {}
        if body is not None:
            data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        elif form is not None:
            data, headers = urllib.parse.urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        if not path.startswith("/.well-known/"):
            headers["Authorization"] = f"Bearer {self.token}"
        return urllib.request.Request(self.url + path, data, headers)

    def revoke(self, token):
        """Ends a grant at the bot. It says whether the bot knows."""
        self.tell()
        try:
            self.call("/v1/revoke", form={"token": token})
            return True
        except (Refused, Unreachable) as why:
            log.warning("a grant couldn't be given back: %s", why)
            return False

    # Tokens.

    def read(self, token):
        """Is the grant of a token that the bot made for this app, and that isn't of the future. It may be over. What
        can't be verified for whatever reason is Over."""
        try:
            header = jwt.get_unverified_header(token)
            if (header.get("typ"), header.get("alg")) != ("understudy-grant+jwt", "EdDSA") or "crit" in header:
                raise Over("it is of another type")
            said = jwt.decode(
                token,
                self.key(header["kid"]),
                algorithms=["EdDSA"],
                audience=self.app,
                issuer=self.known_issuer(),
                leeway=LEEWAY,
                options={"require": ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"], "verify_exp": False},
            )
            case, session, flow, scope = said["case"], said["sid"], said["flow"], said["scope"]
            who = Actor(fold(said["act"]["sub"]), said["act"].get("name", ""))
            whom = Subject(said["sub"], said.get("name", ""))
            reason, ends, until = said.get("reason", ""), float(min(said["exp"], said["until"])), float(said["until"])
            if not all(isinstance(text, str) for text in (case, session, flow, reason, *who, *whom)):
                raise Over("it says something that isn't text")
            if not (case and session and who.email and whom.id) or said["aud"] not in (self.app, [self.app]):
                raise Over("it lacks what a token says")
            if scope not in (READ_ONLY, FULL) or who.email == whom.id:
                raise Over("its scope isn't known, or somebody acts for themselves")
            return Grant(case, session, flow, scope, reason, who, whom, ends, until, token)
        except Over:
            raise
        except Exception as why:  # whatever is wrong with a token, nobody acts by it
            raise Over(f"its token isn't good: {why!r}") from why

    def known_issuer(self):
        if not self.issuer:
            self.issuer = self.text("issuer", "/.well-known/oauth-authorization-server")
        return self.issuer

    def key(self, kid):
        """Is the bot's key of this id. The keys are fetched each hour, and for an id that isn't known; twice a minute
        at most."""
        with self.keys_lock:
            now = time.monotonic()
            self.fetches = [at for at in self.fetches if now - at < 60]
            if (kid not in self.keys or now - self.keys_at > 3600) and len(self.fetches) < 2:
                self.fetches.append(now)
                try:
                    found = jwt.PyJWKSet.from_dict(self.call("/.well-known/jwks.json")).keys
                    self.keys, self.keys_at = {k.key_id: k.key for k in found if k.key_id}, now
                except (jwt.PyJWTError, Refused, Unreachable) as why:
                    log.warning("the bot's keys couldn't be fetched: %s", why)
            if kid not in self.keys:
                raise Over("its key isn't known")
            return self.keys[kid]

    def keys_changed(self, dropped):
        """Has the keys fetched before the next token is read. Dropped ones are good for nothing until then."""
        with self.keys_lock:
            self.keys_at, self.fetches = float("-inf"), []
            if dropped:
                self.keys = {}

    # The stream.

    def listen(self):
        """Sees to it that one thread of this process listens. It begins with the first request, behind all forks."""
        if self.listener == os.getpid():
            return
        with self.lock:
            if self.listener != os.getpid():
                self.listener = os.getpid()
                threading.Thread(target=self.listening, name="understudy", daemon=True).start()

    def listening(self):
        while True:
            try:
                self.hear()
            except Exception as why:  # whatever it is, this thread goes on
                log.info("the bot's stream broke off: %s", why)
            time.sleep(self.pause * random.uniform(0.5, 1))
            self.pause = min(2 * self.pause, 10)

    def hear(self):
        """Reads the stream to its end. The bot says something each 10 seconds, or it is gone."""
        asked = time.time()
        with self.http.open(self.request("/v1/grants/stream"), timeout=25) as lines:
            event = data = ""
            for line in lines:
                name, _, value = line.decode().rstrip("\r\n").partition(":")
                value = value[1:] if value.startswith(" ") else value
                if name == "event":
                    event = value
                elif name == "data":
                    data += value
                elif not line.strip():
                    if data:
                        self.heard(event, json.loads(data), asked)
                    event = data = ""

    def heard(self, event, said, asked):
        if event == "keys":
            self.keys_changed(dropped=True)
        elif event == "running" and said["all"]:
            self.keys_changed(dropped=False)  # perhaps, while nobody listened
        elif event == "ended":
            self.over(said["case"])
        with self.lock:
            if event == "running":
                cases = {grant["case"] for grant in said["grants"]}
                if said["all"]:
                    self.running, self.listed, self.pause = cases, asked, 0.5
                self.running |= cases
                for case in cases:
                    self.ended.pop(case, None)

    def over(self, case):
        """Keeps in mind that a grant has ended."""
        now = time.time()
        with self.lock:
            self.running.discard(case)
            # Ten minutes later no token of it is good any more, and the bot refreshes none.
            self.ended = {known: at for known, at in self.ended.items() if now - at < 600 + LEEWAY}
            self.ended[case] = now
            self.soon(0)

    def has_ended(self, case, vouched):
        """Whether the bot said so, or left the case out when it told of all that run; unless it gave a token of it after
        that."""
        with self.lock:
            return case in self.ended or (case not in self.running and vouched < self.listed)

    # What was done.

    def did(self, request, status):
        """Notes a request that may have changed something, without its query and its body."""
        at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        # The bot must take each of them: it would keep none of those that are told together with one that it doesn't.
        method = request.method if re.fullmatch("[A-Z]{1,20}", request.method) else "OTHER"
        path = urllib.parse.quote(request.path, errors="replace")[:300]
        deed = {"at": at, "method": method, "path": path, "status": min(max(status, 100), 599)}
        with self.lock:
            self.deeds.append((request.grant.token, deed))
            self.soon(0 if len(self.deeds) >= 100 else 5)

    def soon(self, wait):
        """Tells in a moment, of all that is noted until then."""
        if not self.deeds or (self.timer and wait):
            return
        if self.timer:
            self.timer.cancel()
        self.timer = threading.Timer(wait, self.tell)
        self.timer.daemon = True
        self.timer.start()

    def tell(self, last=False):
        """Tells the bot what was done. What it doesn't hear is told again; what it refuses isn't."""
        with self.sending:
            with self.lock:
                deeds, self.deeds = self.deeds, []
                if self.timer:
                    self.timer.cancel()
                self.timer = None
            while deeds:
                token = deeds[0][0]
                batch = [deed for its, deed in deeds if its == token][:100]
                try:
                    self.call("/v1/grants/deeds", {"token": token, "deeds": batch})
                except Refused as no:
                    log.error("%d deeds weren't kept: %s", len(batch), no)
                except Unreachable as away:
                    log.warning("deeds are told later: %s", away)
                    with self.lock:
                        self.deeds = (deeds + self.deeds)[-1000:]
                        if not last:
                            self.soon(5)
                    return
                told = set(map(id, batch))
                deeds = [one for one in deeds if id(one[1]) not in told]
