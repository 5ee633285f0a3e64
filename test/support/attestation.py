"""A registration judged by Yubico's library. Reads it as JSON from standard input, writes what it is."""
import json
import sys

from fido2.attestation import Attestation
from fido2.client import ClientData
from fido2.ctap2 import AttestationObject
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import PublicKeyCredentialRpEntity



def verify(attestation, client_data_hash):
    """The library leaves the signature alone unless it is asked to look."""
    Attestation.for_type(attestation.fmt)().verify(attestation.att_statement, attestation.auth_data, client_data_hash)


order = json.load(sys.stdin)
server = Fido2Server(PublicKeyCredentialRpEntity(order["rpId"], "Microsoft"), attestation="direct", verify_attestation=verify)
try:
    data = server.register_complete(
        {"challenge": order["challenge"], "user_verification": "required"},
        ClientData(websafe_decode(order["clientDataJSON"])), AttestationObject(websafe_decode(order["attestationObject"])))
    answer = {"credential": data.credential_data.credential_id.hex(), "aaguid": data.credential_data.aaguid.hex(), "verified": data.is_user_verified()}
except Exception as error:  # every refusal of the library is one answer
    answer = {"refused": f"{type(error).__name__}: {error}"}
print(json.dumps(answer))
