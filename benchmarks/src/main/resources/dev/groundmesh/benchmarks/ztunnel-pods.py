"""Tells a ztunnel which pods are its own, as a CNI agent does (ZDS, package istio.workload.zds).

Arguments: the unix socket to listen on, then for each pod "uid,namespace,name,serviceAccount,netnsPath".
Prints one line when the proxy has acknowledged them all, then stays until it is ended.
"""

import array
import os
import socket
import sys


def field(number, payload):
    """A length-delimited protobuf field; all of ours are shorter than 16384 bytes."""
    length = len(payload)
    size = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    return bytes([number << 3 | 2]) + size + payload


def add(uid, namespace, name, account):
    info = field(1, name.encode()) + field(2, namespace.encode()) + field(3, account.encode())
    return field(1, field(1, uid.encode()) + field(2, info))


def acknowledged(connection):
    answer = connection.recv(1024)
    # WorkloadResponse{ack{}}: an empty Ack is success, anything longer carries its error.
    if len(answer) > 2:
        sys.exit("the proxy refused: %r" % answer)


def main():
    path, pods = sys.argv[1], [pod.split(",") for pod in sys.argv[2:]]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.path.exists(path):
        os.unlink(path)
    listener.bind(path)
    listener.listen(1)
    print("listening", flush=True)
    while True:
        connection, _ = listener.accept()
        connection.recv(1024)
        for uid, namespace, name, account, netns in pods:
            fd = os.open(netns, os.O_RDONLY)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
            connection.sendmsg([add(uid, namespace, name, account)], rights)
            os.close(fd)
            acknowledged(connection)
        connection.send(SNAPSHOT_SENT)
        acknowledged(connection)
        print("acknowledged", flush=True)
        while connection.recv(1024):
            pass


# WorkloadRequest{snapshot_sent{}}
SNAPSHOT_SENT = field(3, b"")

main()
