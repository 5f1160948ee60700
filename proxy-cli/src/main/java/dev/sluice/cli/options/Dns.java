package dev.sluice.cli.options;

import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ResolveSettings;
import java.net.InetSocketAddress;

/** Kinds of values that are about DNS. */
public final class Dns {
    private Dns() {}

    /** The name of a service, which has SRV records. */
    public record OfService() implements Kind<EndpointSource.Service> {
        @Override
        public EndpointSource.Service read(String text) {
            return new EndpointSource.Service(text);
        }

        @Override
        public String write(EndpointSource.Service value) {
            return value.name();
        }

        @Override
        public String range() {
            return "a name, such as _postgresql._tcp.db.example";
        }

        @Override
        public String expected() {
            return range();
        }

        @Override
        public String label() {
            return "SERVICE";
        }

        @Override
        public Class<EndpointSource.Service> type() {
            return EndpointSource.Service.class;
        }

        @Override
        public boolean isText() {
            return true;
        }
    }

    /** Where a name server is. */
    public record OfServer() implements Kind<InetSocketAddress> {
        @Override
        public InetSocketAddress read(String text) {
            return ResolveSettings.server(text);
        }

        @Override
        public String write(InetSocketAddress value) {
            return ResolveSettings.text(value);
        }

        @Override
        public String range() {
            return "10.0.0.2, 10.0.0.2:53, fd00::2 or [fd00::2]:53";
        }

        @Override
        public String expected() {
            return "the address of a name server, such as " + range();
        }

        @Override
        public String label() {
            return "SERVER";
        }

        @Override
        public Class<InetSocketAddress> type() {
            return InetSocketAddress.class;
        }

        @Override
        public boolean isText() {
            return true;
        }
    }
}
