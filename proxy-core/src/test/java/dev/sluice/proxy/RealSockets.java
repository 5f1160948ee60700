package dev.sluice.proxy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests with sockets of their own: none may hang, and none may leave anything behind. */
@Timeout(60)
@ExtendWith(LeakCheck.class)
abstract class RealSockets {
    Net net;

    @BeforeEach
    void openNet() {
        net = new Net();
    }

    @AfterEach
    void closeNet() {
        net.close();
    }
}
