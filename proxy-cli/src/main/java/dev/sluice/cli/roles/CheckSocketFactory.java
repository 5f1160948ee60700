package dev.sluice.cli.roles;

import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/** Made by drivers, from its name: gives the thread's {@link Login} its sockets. */
public final class CheckSocketFactory extends SocketFactory {
    @Override
    public Socket createSocket() {
        return Login.current().open();
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException();
    }
}
