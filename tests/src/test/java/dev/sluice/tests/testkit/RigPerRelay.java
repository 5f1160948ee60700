package dev.sluice.tests.testkit;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterClassTemplateInvocationCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeClassTemplateInvocationCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterInfo;

/**
 * A rig for each relay that a class of {@link Relays} runs with: started before its tests, settled after each of them, closed after
 * the last. A class registers it as a static field, or several with different flags.
 */
public final class RigPerRelay
        implements BeforeClassTemplateInvocationCallback, AfterEachCallback, AfterClassTemplateInvocationCallback {
    private final String[] flags;
    private @Nullable SluiceRig rig;

    private RigPerRelay(String[] flags) {
        this.flags = flags;
    }

    /** With these flags besides {@code --relay}. */
    public static RigPerRelay with(String... flags) {
        return new RigPerRelay(flags);
    }

    /** The rig of the relay that the tests now run with, which is what their class was given. */
    public SluiceRig of(Relay relay) {
        SluiceRig running = running();
        if (running.relay() != relay) {
            throw new IllegalStateException("the rig is " + running.relay() + "'s");
        }
        return running;
    }

    private SluiceRig running() {
        if (rig == null) {
            throw new IllegalStateException("no test runs");
        }
        return rig;
    }

    @Override
    public void beforeClassTemplateInvocation(ExtensionContext context) {
        Relay relay = ParameterInfo.get(context).getArguments().get(0, Relay.class);
        rig = SluiceRig.start(relay, flags);
    }

    /** What a test has left behind fails it. */
    @Override
    public void afterEach(ExtensionContext context) {
        running().settle();
    }

    @Override
    public void afterClassTemplateInvocation(ExtensionContext context) throws IOException {
        SluiceRig last = running();
        rig = null;
        last.close();
    }
}
