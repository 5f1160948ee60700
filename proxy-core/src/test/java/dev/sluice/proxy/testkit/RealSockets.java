package dev.sluice.proxy.testkit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests with sockets of their own: none may hang, and none may leave anything behind. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
public abstract class RealSockets {
    public Net net;

    @BeforeEach
    public void openNet() {
        net = new Net();
    }

    @AfterEach
    public void closeNet() {
        net.close();
    }
}
