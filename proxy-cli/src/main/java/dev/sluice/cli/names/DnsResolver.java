package dev.sluice.cli.names;

import dev.sluice.cli.text.OneLine;
import dev.sluice.proxy.config.ResolveSettings;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks hosts and services up: in /etc/hosts, then by DNS, with what /etc/resolv.conf says or with servers of the settings. Both
 * files are read for each question, so their changes count at once; nsswitch.conf(5) is not read.
 *
 * <p>Calls block, for {@link ResolveSettings#longest()} at most, and end early when their thread is interrupted. Any threads may call
 * at the same time: nothing is shared between calls, and nothing is kept between them, no answer, no thread and no socket. An
 * answer says itself how long it is good; asking before that asks the servers again.
 *
 * <p>Servers are asked one after the other. One that is silent for the timeout, cannot be reached, refuses, fails or sends what makes
 * no sense is left for the next one; those that were silent are asked again, {@link ResolveSettings#tries()} times in all. What
 * one server says of a name is taken: another one is not asked whether it agrees. In a search list (resolv.conf(5)), only a
 * name that does not exist, or has no such records, makes room for the next one.
 */
public final class DnsResolver {
    private static final Path HOSTS = Path.of("/etc/hosts");
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

    private final ResolveSettings settings;
    private final LocalNames local;
    private final Path resolvConf;
    private final AddressOrder order;

    public DnsResolver(ResolveSettings settings) {
        this(settings, HOSTS, RESOLV_CONF, new AddressOrder());
    }

    DnsResolver(ResolveSettings settings, Path hosts, Path resolvConf, AddressOrder order) {
        this.settings = settings;
        this.local = new LocalNames(new HostsFile(hosts));
        this.resolvConf = resolvConf;
        this.order = order;
    }

    /**
     * The addresses of a host: IPv4 (A) and IPv6 (AAAA), which are asked for at the same time.
     *
     * @param host a name, with a dot at its end when it is whole; or an IP literal, IPv6 without brackets
     * @throws LookupException when it has none, or nobody says
     * @throws InterruptedException when the thread is interrupted
     */
    public Answer hosts(String host) throws LookupException, InterruptedException {
        List<InetAddress> here = local.addresses(host);
        if (here != null) {
            return new Answer(order.sort(here), settings.within(LocalNames.GOOD_FOR));
        }
        check(host);
        ResolvConf conf = conf();
        return dns(conf).hosts(conf.candidates(host));
    }

    /**
     * The servers of a service, with their addresses (RFC 2782).
     *
     * @param name such as {@code _postgresql._tcp.db.example}
     * @throws LookupException when there are none, none of them has an address, or nobody says
     * @throws InterruptedException when the thread is interrupted
     */
    public Services services(String name) throws LookupException, InterruptedException {
        check(name);
        ResolvConf conf = conf();
        return dns(conf).services(conf.candidates(name));
    }

    private DnsNames dns(ResolvConf conf) {
        return new DnsNames(conf, settings, local, order, Deadline.in(settings.longest()));
    }

    private ResolvConf conf() throws InterruptedException {
        return settings.servers().isEmpty() ? ResolvConf.read(resolvConf) : ResolvConf.of(settings.servers());
    }

    private void check(String name) throws LookupException {
        String wrong = HostNames.wrong(name);
        if (wrong != null) {
            throw new LookupException(
                    LookupException.Reason.NO_SUCH_NAME, settings.max(), "'" + OneLine.of(name) + "' " + wrong);
        }
    }
}
