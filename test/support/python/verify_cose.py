"""What cbor2 and cryptography say of a COSE_Sign1 or COSE_Sign (RFC 9052, section 4): JSON on stdin, JSON on stdout.

Input:  message   base64 of the message, with its tag (18 or 98)
        keyPems   the public keys, as PEM of their SubjectPublicKeyInfo: one for each signature, in their order
Output: ok, payload (base64), and signatures, a list of each one's alg and kid (base64); or ok: false and error.
        A list of inputs is answered by a list.
"""

import base64
import json
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

ALG, KID = 1, 4
SIGN1, SIGN = 18, 98
# RFC 9053, section 2.1, and RFC 8812, section 2.
ALGORITHMS = {
    -7: ("ES", hashes.SHA256()),
    -35: ("ES", hashes.SHA384()),
    -36: ("ES", hashes.SHA512()),
    -37: ("PS", hashes.SHA256()),
    -38: ("PS", hashes.SHA384()),
    -39: ("PS", hashes.SHA512()),
    -257: ("RS", hashes.SHA256()),
    -258: ("RS", hashes.SHA384()),
    -259: ("RS", hashes.SHA512()),
}


class Refused(Exception):
    pass


def verify(request):
    message = cbor2.loads(base64.b64decode(request["message"]))
    if not isinstance(message, cbor2.CBORTag) or len(message.value) != 4:
        raise Refused("not a COSE message")
    protected, unprotected, payload, rest = message.value
    keys = [serialization.load_pem_public_key(pem.encode()) for pem in request["keyPems"]]
    if message.tag == SIGN1:
        parts = [(protected, unprotected, ["Signature1", protected, b"", payload], rest)]
    elif message.tag == SIGN:
        parts = [(own, open_, ["Signature", protected, own, b"", payload], value) for own, open_, value in rest]
    else:
        raise Refused(f"tag {message.tag}")
    if len(parts) != len(keys):
        raise Refused(f"{len(parts)} signatures, {len(keys)} keys")
    found = [verify_one(*part, key) for part, key in zip(parts, keys)]
    return {"ok": True, "payload": base64.b64encode(payload).decode(), "signatures": found}


def verify_one(protected, unprotected, structure, signature, key):
    header = cbor2.loads(protected)
    alg = header.get(ALG)
    if alg not in ALGORITHMS:
        raise Refused(f"alg {alg}")
    kind, hash_ = ALGORITHMS[alg]
    data = cbor2.dumps(structure)
    if kind == "ES":
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise Refused("not an EC key")
        length = (key.curve.key_size + 7) // 8
        if len(signature) != 2 * length:
            raise Refused(f"{len(signature)} bytes of signature")
        r, s = (int.from_bytes(part, "big") for part in (signature[:length], signature[length:]))
        key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hash_))
    else:
        if not isinstance(key, rsa.RSAPublicKey):
            raise Refused("not an RSA key")
        pss = padding.PSS(mgf=padding.MGF1(hash_), salt_length=hash_.digest_size)
        key.verify(signature, data, padding.PKCS1v15() if kind == "RS" else pss, hash_)
    kid = unprotected.get(KID, header.get(KID))
    return {"alg": alg, "kid": kid and base64.b64encode(kid).decode()}


def answer(request):
    try:
        return verify(request)
    except (Refused, InvalidSignature, cbor2.CBORDecodeError) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


given = json.load(sys.stdin)
json.dump([answer(each) for each in given] if isinstance(given, list) else answer(given), sys.stdout)
