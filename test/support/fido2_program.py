"""A program that finds a security key behind a socket: registers it and signs in with it, by Yubico's library."""
import json
import socket
import sys
from threading import Event, Timer

from fido2.client import ClientError, Fido2Client
from fido2.ctap2 import Ctap2
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
told['waiting'] = waiting
print(json.dumps(told))
