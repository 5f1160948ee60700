package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An upstream has other endpoints than before, since a name has other addresses or a list says something else.
 *
 * @param come that it did not have
 * @param gone that it has no more
 * @param count how many it has now
 */
public record MembersChange(String upstream, List<Address> come, List<Address> gone, int count) {
    /** A line of a log has no room for more. */
    private static final int MOST = 20;

    public MembersChange {
        come = List.copyOf(come);
        gone = List.copyOf(gone);
    }

    /** One line for people. */
    @Override
    public String toString() {
        return "upstream " + upstream + " has "
                + (count == 0 ? "no endpoint" : count == 1 ? "1 endpoint" : count + " endpoints") + " now"
                + some("; new: ", come) + some("; gone: ", gone);
    }

    private static String some(String word, List<Address> addresses) {
        if (addresses.isEmpty()) {
            return "";
        }
        String more = addresses.size() > MOST ? " and " + (addresses.size() - MOST) + " more" : "";
        return word + addresses.stream().limit(MOST).map(Address::toString).collect(Collectors.joining(", ")) + more;
    }
}
