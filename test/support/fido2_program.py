"""A program that finds a security key behind a socket: registers it and signs in with it, by Yubico's library."""
import json
import socket
import sys
from threading import Event, Timer

from fido2.client import ClientError, Fido2Client
from fido2.ctap import CtapError
from fido2.ctap2 import Ctap2
from fido2.ctap2.extensions import HmacSecretExtension
from fido2.ctap2.pin import ClientPin, PinProtocolV1, PinProtocolV2
from fido2.hid import CtapHidDevice
from fido2.hid.base import CtapHidConnection, HidDescriptor
from fido2.server import Fido2Server

given = json.load(sys.stdin)


class SocketConnection(CtapHidConnection):
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)

    def read_packet(self):
        packet = b''
        while len(packet) < 64:
            part = self.socket.recv(64 - len(packet))
            if not part:
                raise OSError('the key is gone')
            packet += part
        return packet

    def write_packet(self, data):
        self.socket.sendall(data)

    def close(self):
        self.socket.close()


def code_of(work):
    try:
        work()
    except ClientError as error:
        return {'client': error.code.name, 'cause': str(error.cause)}
    return 'done'


device = CtapHidDevice(HidDescriptor('socket', 0, 0, 64, 64), SocketConnection(given['socket']))
told = {'ping': device.ping(b'x' * 1000) == b'x' * 1000, 'options': Ctap2(device).get_info().options}
device.wink()

server = Fido2Server({'id': given['rpId'], 'name': 'Site'}, attestation='direct', verify_origin=lambda origin: origin == given['origin'])
client = Fido2Client(device, given['origin'])
waiting = []
keepalive = lambda status: waiting.append(int(status))
user = {'id': b'ada', 'name': 'ada', 'displayName': 'Ada'}

if given['act'] == 'sign-in':
    options, state = server.register_begin(user, resident_key=True, user_verification='required')
    result = client.make_credential(options['publicKey'], on_keepalive=keepalive)
    data = server.register_complete(state, result.client_data, result.attestation_object)
    told['format'] = result.attestation_object.fmt
    options, state = server.authenticate_begin(user_verification='required')
    answer = client.get_assertion(options['publicKey'], on_keepalive=keepalive).get_response(0)
    server.authenticate_complete(state, [data.credential_data], answer.credential_id, answer.client_data, answer.authenticator_data, answer.signature)
    told['user'] = answer.user_handle.decode()
    options, state = server.register_begin(user, [data.credential_data], resident_key=True, user_verification='required')
    told['again'] = code_of(lambda: client.make_credential(options['publicKey']))
if given['act'] == 'refused':
    options, state = server.register_begin(user, user_verification='required')
    told['refused'] = code_of(lambda: client.make_credential(options['publicKey'], on_keepalive=keepalive))
if given['act'] == 'cancelled':
    event = Event()
    Timer(0.5, event.set).start()
    options, state = server.register_begin(user, user_verification='required')
    told['cancelled'] = code_of(lambda: client.make_credential(options['publicKey'], on_keepalive=keepalive, event=event))
if given['act'] == 'secrets':
    ctap = Ctap2(device)
    # This library wants a PIN to be possible before it agrees on a key; the standard does not (CTAP 2.1 section 6.5.5.4).
    ctap.info.options['clientPin'] = False
    client = Fido2Client(device, given['origin'], extension_types=[])
    protocol = {1: PinProtocolV1, 2: PinProtocolV2}[given['protocol']]

    def extension():
        return HmacSecretExtension(ctap, protocol())

    making = extension()
    parameters = [{'type': 'public-key', 'alg': -7}]
    made = ctap.make_credential(b'c' * 32, {'id': given['rpId'], 'name': 'Site'}, user, parameters, extensions={'hmac-secret': making.process_create_input({'hmacCreateSecret': True})})
    told['created'] = making.process_create_output(made.auth_data)
    allow = [{'type': 'public-key', 'id': made.auth_data.credential_data.credential_id}]

    def derive(change=lambda order: order, options=None, **salts):
        asking = extension()
        answer = ctap.get_assertion(given['rpId'], b'c' * 32, allow, {'hmac-secret': change(asking.process_get_input({'hmacGetSecret': salts}))}, options)
        answer.verify(b'c' * 32, made.auth_data.credential_data.public_key)
        return {name: value.hex() for name, value in asking.process_get_output(answer.auth_data)['hmacGetSecret'].items()}

    def status_of(work):
        try:
            work()
        except CtapError as error:
            return error.code.name
        return 'done'

    one, two = b'\1' * 32, b'\2' * 32
    told['secrets'] = {'first': derive(salt1=one), 'again': derive(salt1=one), 'both': derive(salt1=one, salt2=two), 'other': derive(salt1=two)}
    pin = ClientPin(ctap, protocol())
    told['refused'] = {
        'forged': status_of(lambda: derive(lambda order: {**order, 3: bytes(len(order[3]))}, salt1=one)), 'silent': status_of(lambda: derive(options={'up': False}, salt1=one)),
        'pin': status_of(lambda: pin.set_pin('12345')), 'uv': status_of(pin.get_uv_retries), 'retries': status_of(pin.get_pin_retries),
    }
told['waiting'] = waiting
print(json.dumps(told))
