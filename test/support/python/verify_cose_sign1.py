"""What cbor2 and cryptography say of a COSE_Sign1 (RFC 9052, section 4.2): JSON on stdin, JSON on stdout.

Input:  message           Base64 of a tagged COSE_Sign1
        keyPem            the public key; without it, that of the first certificate in the protected header "x5chain"
        rootPem           where the chain must end that is in "x5chain"
        detachedPayload   Base64 of the payload, where the message has none
        externalAad       Base64 of what is signed beside it, by default nothing
Output: ok, algorithm (its number), payload, and the number of certificates; or ok: false and error.
"""

import base64
import json
import sys

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

HASHES = {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}
ALGORITHMS = {
    **{-7: ("ES", 256), -35: ("ES", 384), -36: ("ES", 512)},
    **{-37: ("PS", 256), -38: ("PS", 384), -39: ("PS", 512)},
    **{-257: ("RS", 256), -258: ("RS", 384), -259: ("RS", 512)},
}
CURVES = {256: "secp256r1", 384: "secp384r1", 512: "secp521r1"}
ALG, X5CHAIN = 1, 33


class Bad(Exception):
    pass


def check_signature(key, algorithm, signature, signed):
    family, bits = ALGORITHMS[algorithm]
    digest = HASHES[bits]
    if family == "ES":
        if key.curve.name != CURVES[bits]:
            raise Bad("wrong curve")
        half = (key.curve.key_size + 7) // 8
        if len(signature) != 2 * half:
            raise Bad("wrong length")
        r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(digest))
    elif family == "PS":
        key.verify(signature, signed, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    else:
        key.verify(signature, signed, padding.PKCS1v15(), digest)


def check_issued(certificate, issuer):
    key, signature, signed = issuer.public_key(), certificate.signature, certificate.tbs_certificate_bytes
    digest = certificate.signature_hash_algorithm
    if certificate.issuer != issuer.subject:
        raise Bad("the chain is not in order")
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(digest))
    else:
        key.verify(signature, signed, padding.PKCS1v15(), digest)


def read_chain(protected, root_pem):
    given = protected.get(X5CHAIN, [])
    chain = [x509.load_der_x509_certificate(der) for der in ([given] if isinstance(given, bytes) else given)]
    if root_pem is not None:
        root = x509.load_pem_x509_certificate(root_pem.encode())
        for certificate, issuer in zip(chain, [*chain[1:], root]):
            check_issued(certificate, issuer)
    return chain


def verify(request):
    message = cbor2.loads(base64.b64decode(request["message"]))
    if not isinstance(message, cbor2.CBORTag) or message.tag != 18:
        raise Bad("no COSE_Sign1")
    encoded, unprotected, payload, signature = message.value
    protected = cbor2.loads(encoded) if encoded else {}
    if "detachedPayload" in request:
        payload = base64.b64decode(request["detachedPayload"])
    body = encoded if protected else b""
    external = base64.b64decode(request.get("externalAad", ""))
    signed = cbor2.dumps(["Signature1", body, external, payload])
    chain = read_chain(protected, request.get("rootPem"))
    pem = request.get("keyPem")
    key = serialization.load_pem_public_key(pem.encode()) if pem else chain[0].public_key()
    algorithm = protected.get(ALG, unprotected.get(ALG))
    check_signature(key, algorithm, signature, signed)
    return {
        "ok": True,
        "algorithm": algorithm,
        "payload": base64.b64encode(payload).decode(),
        "certificates": len(chain),
    }


try:
    answer = verify(json.load(sys.stdin))
except (Bad, InvalidSignature, cbor2.CBORDecodeError) as error:
    answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
json.dump(answer, sys.stdout)
