"""The COSE_Sign1 that C2PA puts around a claim (Content Credentials 2.2, section 13.2): JSON on stdin, JSON on stdout.

Input:  algorithm      the number of the COSE algorithm
        certificates   Base64 of each certificate's DER, in their order
        claim          Base64 of the claim, the detached payload
        signature      Base64; left out where it is not there yet
Output: toBeSigned, Base64 of the Sig_structure; and message, Base64, where there is a signature.
"""

import base64
import json
import sys

import cbor2

request = json.load(sys.stdin)
chain = [base64.b64decode(certificate) for certificate in request["certificates"]]
protected = cbor2.dumps({1: request["algorithm"], 33: chain[0] if len(chain) == 1 else chain})
claim = base64.b64decode(request["claim"])
answer = {"toBeSigned": cbor2.dumps(["Signature1", protected, b"", claim])}
if "signature" in request:
    signature = base64.b64decode(request["signature"])
    answer["message"] = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, None, signature]))
json.dump({name: base64.b64encode(value).decode() for name, value in answer.items()}, sys.stdout)
