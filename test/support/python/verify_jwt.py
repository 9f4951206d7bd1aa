"""What PyJWT says of a JWS or JWT: JSON on stdin, JSON on stdout. A list of inputs gives a list of outputs.

Input:  token             in compact serialization
        keyPem            the public key, as PEM of its SubjectPublicKeyInfo
        algorithms        the names that are accepted for "alg"
        detachedPayload   base64 of the payload, where the token's second part is empty (RFC 7515, appendix F)
        isJwt             whether the payload is claims, which are then checked (exp, nbf, iat)
        audience, issuer  what those claims must be
        leeway            seconds of tolerance in time, by default 0
Output: ok, header, payload (base64), and claims where it is a JWT; or ok: false and error.
"""

import base64
import json
import sys

import jwt


def verify(request):
    given = {"algorithms": request["algorithms"]}
    detached = request.get("detachedPayload")
    if detached is not None:
        given["detached_payload"] = base64.b64decode(detached)
    key, token = request["keyPem"], request["token"]
    found = jwt.api_jws.decode_complete(token, key, **given)
    result = {
        "ok": True,
        "header": found["header"],
        "payload": base64.b64encode(found["payload"]).decode(),
    }
    if request.get("isJwt"):
        named = {name: request[name] for name in ("audience", "issuer") if name in request}
        result["claims"] = jwt.decode(token, key, leeway=request.get("leeway", 0), **given, **named)
    return result


def verdict(request):
    try:
        return verify(request)
    except jwt.PyJWTError as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


given = json.load(sys.stdin)
json.dump([verdict(each) for each in given] if isinstance(given, list) else verdict(given), sys.stdout)
