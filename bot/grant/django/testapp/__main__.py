"""The app that the tests let agents into: it keeps everything in memory, and its staff sign in by saying who they are.

    UNDERSTUDY_URL=http://127.0.0.1:8080 UNDERSTUDY_APP=portal UNDERSTUDY_TOKEN=ust_… PORT=8000 python3 -m testapp
"""

import itertools
import os
import signal
import stat
import sys
import tempfile
import threading
import time

from django.conf import settings
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt

from understudy import SeeOther, dangerous, local, never_as_customer, require_grant

voided = 0


def sign_in(request):
    request.session["staff"] = request.GET["staff"]
    ago = request.GET.get("ago", "0")
    request.session["signed_in"] = time.time() - int(ago) if ago else None
    return SeeOther(local(request.GET.get("next")))


def signed_in(request):
    return request.session.get("signed_in"), ["hwk", "user"]


def sign_in_again(request):
    return HttpResponse("who are you?", content_type="text/plain")


def sign_out(request):
    request.session.pop("staff", None)
    return SeeOther("/")


def home(request):
    who = request.session.get("staff", "nobody")
    if request.actor:
        who = f"{request.actor.email} as {request.subject.id} ({request.grant.scope})"
    return HttpResponse(
        format_html(
            '<!doctype html><html><head><title>Portal</title></head><body class="portal"><p id="who">{}</p><p id="voided">{}</p></body></html>',
            who,
            voided,
        )
    )


def headed(get_response):
    """Sends headers as a middleware does that comes first."""

    def send(request):
        response = get_response(request)
        if request.path == "/":
            response["CDN-Cache-Control"] = response["Surrogate-Control"] = "max-age=60"
            if "policy" in request.GET:
                response["Content-Security-Policy"] = request.GET["policy"]
        return response

    return send


@csrf_exempt
def void(request, invoice):
    global voided
    if request.method == "POST":
        voided += 1
    return SeeOther("/")


@dangerous
def export(request):
    return HttpResponse("exported", content_type="text/plain")


@csrf_exempt
@never_as_customer
def password(request):
    return HttpResponse("changed", content_type="text/plain")


@require_grant(flow="impersonation", account="id")
def account(request, id):
    return HttpResponse(f"account {id}", content_type="text/plain")


def form(request):
    """Has Django's own secret in it."""
    return HttpResponse(get_token(request) if request.method == "GET" else "taken", content_type="text/plain")


KNOWN = {"ETag": '"x"', "Cache-Control": "public, max-age=600"}


def lasting():
    for _ in range(1000):
        yield b"more\n"
        time.sleep(0.02)
    yield b"to its end"


@csrf_exempt
@dangerous
def script(request):
    """Changes something by a GET, as scripts of its pages ask."""
    global voided
    voided += 1
    return HttpResponse("done", content_type="text/plain")


@csrf_exempt
def odd(request, kind):
    """Pages as apps make them, with their bodies where one doesn't look for them."""
    head = b"<!doctype html><html><head><!-- <body> --><title><body></title><script>'<body>'</script><noscript><img></noscript></head>\n"
    body = b'<body data-x="a>b"\n class=x><p id="page">page</p>'
    if kind == "streamed":
        return StreamingHttpResponse(iter([head[:40], head[40:] + body[:7], body[7:20], body[20:]]))
    if kind == "file":
        file = tempfile.NamedTemporaryFile(suffix=".html")
        file.write(head + body)
        file.seek(0)
        return FileResponse(file)
    if kind == "bodiless":
        return HttpResponse(b"<!doctype html><title>x</title>\n<p>page", headers=KNOWN)
    if kind == "bodies":
        return StreamingHttpResponse(itertools.repeat(b"<body '" * 300, 300))
    if kind == "lasting":
        return StreamingHttpResponse(lasting(), content_type="text/plain")
    if kind == "broken":
        raise RuntimeError("on purpose")
    if kind == "typeless":
        return HttpResponse(head + body, content_type="")
    if kind == "wide":
        return HttpResponse((head + body).decode().encode("utf-16"), content_type="text/html; charset=UTF-16")
    if kind == "text":
        return HttpResponse(b"page < 3 & <!wrong [")
    if kind == "compressed":
        return HttpResponse(head + body, headers={"Content-Encoding": "br"})
    if kind == "empty":
        return HttpResponse()
    if kind == "json":
        return JsonResponse({"who": request.actor and request.actor.email}, headers=KNOWN)
    return HttpResponse(head + body, status=404, headers=KNOWN)


def overriding(get_response):
    """Middleware of another sort, which an app may have."""

    def middleware(request):
        request.method = request.META.get("HTTP_X_OTHER_OVERRIDE", request.method)
        return get_response(request)

    return middleware


urlpatterns = [
    path("sign-in", sign_in),
    path("sign-in-again", sign_in_again),
    path("sign-out", sign_out),
    path("", home),
    path("invoices/<int:invoice>/void", void),
    path("export", export),
    path("password", password),
    path("accounts/<str:id>", account),
    path("form", form),
    path("script", script),
    path("odd/<str:kind>", odd),
]


def main():
    settings.configure(
        SECRET_KEY=os.urandom(32).hex(),
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        ROOT_URLCONF=__name__,
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10000}}},
        SESSION_ENGINE="django.contrib.sessions.backends.cache",
        MIDDLEWARE=[
            "understudy.UnderstudyHeaders",
            f"{__name__}.headed",
            "django.middleware.gzip.GZipMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.http.ConditionalGetMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "understudy.UnderstudyMiddleware",
            f"{__name__}.overriding",
            "django.middleware.gzip.GZipMiddleware",
        ],
        UNDERSTUDY={
            "URL": os.environ["UNDERSTUDY_URL"],
            "APP": os.environ["UNDERSTUDY_APP"],
            "TOKEN": os.environ["UNDERSTUDY_TOKEN"],
            "SIGN_IN": "/sign-in",
            "STAFF_EMAIL": lambda request: request.session.get("staff"),
            **({} if os.environ.get("TELLS_NO_SIGN_IN") else {"SIGNED_IN": signed_in, "SIGN_IN_AGAIN": "/sign-in-again"}),
            "IS_STAFF_ACCOUNT": lambda account: None if account == "acct_nobody_knows" else account == "acct_staff",
        },
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=lambda: (sys.stdin.read(), os.kill(os.getpid(), signal.SIGTERM)), daemon=True).start()
    run("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application(), threading=True)


if __name__ == "__main__":
    main()
