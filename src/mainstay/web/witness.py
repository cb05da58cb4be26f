"""The door for logs of others that this installation is a witness for (c2sp.org/tlog-witness)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mainstay.platform.trail.anchors import witnessing
from mainstay.web.middleware import public

SIZE_TYPE, PLAIN = "text/x.tlog.size", "text/plain; charset=utf-8"


@public
@csrf_exempt
@require_POST
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Cosign a checkpoint that goes on from the last one seen; who asks proves by the log's signature that they may."""
    if len(request.body) > witnessing.LONGEST:
        return HttpResponse("too long\n", status=413, content_type=PLAIN)
    try:
        line = witnessing.cosignature_for(request.body)
    except witnessing.WrongSize as error:
        return HttpResponse(str(error), status=error.status, content_type=SIZE_TYPE)
    except witnessing.Refused as error:
        return HttpResponse(f"{error}\n", status=error.status, content_type=PLAIN)
    return HttpResponse(line, content_type=PLAIN)
