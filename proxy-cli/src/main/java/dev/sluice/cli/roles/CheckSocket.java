package dev.sluice.cli.roles;

import dev.sluice.linux.Address;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;

/** A check's socket: it comes from where the upstream's sessions come from, begins with what they begin with, and is cut with its check. */
final class CheckSocket extends Socket {
    private final Login login;

    CheckSocket(Login login) {
        this.login = login;
    }

    @Override
    public void connect(SocketAddress endpoint) throws IOException {
        connect(endpoint, 0);
    }

    /** To the server of the login, whatever the driver has made of its address. */
    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        login.asking().uses(this);
        Address source = login.asking().source();
        if (source != null) {
            bind(new InetSocketAddress(Login.inet(source), 0));
        }
        super.connect(login.address(), login.asking().millisLeft());
        byte[] preface = login.asking()
                .preface()
                .of(Address.of(getLocalAddress(), getLocalPort()), Address.of(getInetAddress(), getPort()));
        if (preface.length > 0) {
            getOutputStream().write(preface);
        }
    }
}
