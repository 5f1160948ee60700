package dev.sluice.tests.jmh;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.config.Balancing;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Group;
import dev.sluice.proxy.upstream.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to choose the endpoint of one connection; it allocates one object, where the compiler cannot do without. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class Pick {
    private static final int LOOPS = 2;

    @Param
    public Balance policy;

    @Param({"3", "20"})
    public int endpoints;

    /** Whether their weights are the same. */
    @Param({"true", "false"})
    public boolean equal;

    private final Address client = new Address.V4(0x7f000001, 40_000);
    private Upstream upstream;

    @Setup
    public void open() {
        Group group = new Group("pick", LOOPS);
        List<Upstream.Member> members = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            Endpoint endpoint = new Endpoint(group, new Address.V4(0x0a000000 + i, 5432));
            members.add(new Upstream.Member("db" + i, List.of(endpoint), equal ? 1 : 1 + i % 7, false));
        }
        upstream = new Upstream(
                group, members, Balancing.DEFAULTS.withPolicy(policy), TcpSettings.DEFAULTS, WhenDown.REFUSE);
    }

    @Benchmark
    public Endpoint pick() {
        return upstream.candidates(0, client).next();
    }
}
