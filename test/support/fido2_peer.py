"""Reads a registration and an assertion from its input, and says whether Yubico's library accepts them."""
import json
import sys
from base64 import urlsafe_b64decode

from fido2.client import ClientData
from fido2.ctap2 import AttestationObject, AuthenticatorData
from fido2.server import Fido2Server


def decode(text):
    return urlsafe_b64decode(text + '=' * (-len(text) % 4))


given = json.load(sys.stdin)
made, signed = given['registration']['response'], given['assertion']['response']
server = Fido2Server({'id': given['rpId'], 'name': 'Site'}, attestation='direct', verify_origin=lambda origin: origin == given['origin'])
state = lambda challenge: {'challenge': challenge, 'user_verification': 'required'}

attestation = AttestationObject(decode(made['attestationObject']))
data = server.register_complete(state(given['challenges'][0]), ClientData(decode(made['clientDataJSON'])), attestation)
server.authenticate_complete(
    state(given['challenges'][1]), [data.credential_data], decode(given['assertion']['id']), ClientData(decode(signed['clientDataJSON'])),
    AuthenticatorData(decode(signed['authenticatorData'])), decode(signed['signature']))
print(json.dumps({'format': attestation.fmt, 'algorithm': data.credential_data.public_key[3], 'aaguid': data.credential_data.aaguid.hex()}))
