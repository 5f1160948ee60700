package dev.sluice.proxy.control;

import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.names.Found;
import dev.sluice.proxy.names.Resolver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One source of endpoints in one upstream. It is asked again when its answer is no longer good, when an endpoint of it cannot be connected
 * to, and, for a file, when that has changed. One that is not known keeps its last answer, and is asked for again, less and less often: at last as often as
 * an answer that is good for ever, or every minute if that is more.
 */
final class Followed extends Timer {
    /** Nothing is asked for more often, or, when there was no answer, more seldom than this. */
    static final long LEAST_NANOS = 1_000_000_000;

    static final long MOST_NANOS = 60_000_000_000L;

    private static final long NEVER = Long.MAX_VALUE / 2;

    /** Who follows it; on control's thread. */
    interface Owner {
        EventLoop loop();

        Resolver resolver();

        Listener listener();

        /** Does this on a thread that may block. */
        void execute(Runnable lookup);

        /** A list has a name in it, of which this is known. */
        void named(String upstream, Question question, Lookup lookup);
    }

    /** Is told what follows, on control's thread. */
    interface Listener {
        /** There are other endpoints than before, or others are said to be down. */
        void changed(String upstream, List<Lookup> lookups);

        /** Why an endpoint that has no address has none. */
        void missing(String upstream, Lookup lookup);

        /** How many attempts to connect to an endpoint have failed so far. */
        long failures(String upstream, EndpointAddress endpoint);

        /** Something an operator should know. */
        void warn(String text);
    }

    private final String upstream;
    private final Owner owner;
    private Question question;
    private Lookup last;
    /** Endpoints of a list that have no address, and why. */
    private Map<EndpointAddress, String> without = Map.of();

    private Resolver.@Nullable Watch watch;
    private boolean asking;
    private boolean askAgain;
    private boolean left;
    private long due;
    private long retryNanos = LEAST_NANOS;
    private long failures;

    Followed(String upstream, Question question, Owner owner) {
        this.upstream = upstream;
        this.question = question;
        this.owner = owner;
        this.last = new Lookup(question.source(), List.of(), question.settings().min(), null);
    }

    /** It is in a configuration that was applied, for which it was looked up. */
    void configured(Question asked, Lookup lookup) {
        question = asked;
        found(lookup);
        if (isFile()) {
            askSoon(); // it is read before it is watched, and maybe before it was read the last time
        }
    }

    private boolean isFile() {
        return question.source() instanceof EndpointSource.ListFile;
    }

    /** An answer, or that there is none. */
    void found(Lookup lookup) {
        long now = owner.loop().now();
        Lookup before = last;
        last = lookup.after(before);
        tell(before);
        if (isFile()) {
            // Its watch waits until nobody is writing it; who looks at any other time may see a part of it.
            due = now + (watch != null && last.problem() == null ? NEVER : MOST_NANOS);
        } else if (last.problem() == null) {
            retryNanos = LEAST_NANOS;
            due = now + lookup.goodFor().toNanos();
        } else {
            due = now + retryNanos;
            long most = Math.min(MOST_NANOS, question.settings().max().toNanos());
            retryNanos = Math.min(2 * retryNanos, most);
        }
        failures = failures();
        look(now);
    }

    private void tell(Lookup before) {
        String problem = last.problem();
        if (problem == null) {
            if (before.problem() != null) {
                warn(question.source() + (isFile() ? " is read again" : " resolves again"));
            }
            tellOfHosts();
        } else if (before.problem() == null || (isFile() && !problem.equals(before.problem()))) {
            warn((isFile() ? "" : question.source() + ": ") + problem + "; " + consequence());
        }
    }

    private String consequence() {
        if (question.source() instanceof EndpointAddress) {
            return last.found().isEmpty() ? "it is down until it does" : "it goes on with its last addresses";
        }
        return last.found().isEmpty() ? "it has no endpoints for now" : "it goes on with its last endpoints";
    }

    /** Servers of a service that have no address. */
    private void tellOfHosts() {
        Map<EndpointAddress, String> now = new HashMap<>();
        for (Found each : last.found()) {
            String problem = each.problem();
            if (problem != null && each.addresses().isEmpty()) {
                now.put(each.address(), problem);
                if (!without.containsKey(each.address())) {
                    warn(question.source() + ": " + each.address() + " has no address (" + problem
                            + "); it is down until it has one");
                }
            }
        }
        without = now;
    }

    private void warn(String text) {
        owner.listener().warn("upstream " + upstream + ": " + text);
    }

    private long failures() {
        return last.found().stream()
                .mapToLong(each -> owner.listener().failures(upstream, each.address()))
                .sum();
    }

    /** Looks again in a second, whether it is due or its endpoints fail. */
    private void look(long now) {
        owner.loop().schedule(this, now + LEAST_NANOS);
    }

    @Override
    protected void onTimer(long now) {
        look(now); // first: whatever is thrown here, there is a next time
        if (now - due >= 0 || (!isFile() && failures() != failures)) {
            ask();
        }
    }

    /** As {@link #ask}, and once more if it is being asked: something has changed since. */
    private void askSoon() {
        askAgain = asking;
        ask();
    }

    private void ask() {
        if (asking || left) {
            return;
        }
        Question asked = question;
        Lookup before = last;
        boolean toWatch = watch == null;
        owner.execute(() -> onAnotherThread(asked, before, toWatch));
        asking = true;
    }

    private void onAnotherThread(Question asked, Lookup before, boolean toWatch) {
        if (toWatch && asked.source() instanceof EndpointSource.ListFile file) {
            watch(file);
        }
        Lookup answer = asked.ask(owner.resolver());
        Collection<Lookup> names = List.of();
        if (!answer.found().equals(before.found())) { // else they are followed already
            List<Question> further = answer.names().stream().map(asked::about).toList();
            try {
                names = Question.ask(further, owner.resolver()).values();
            } catch (OutOfMemoryError e) { // no thread; they are looked up later
                names = further.stream()
                        .map(each -> Lookup.failed(each.source(), "cannot be looked up (" + e + ")"))
                        .toList();
            }
        }
        Collection<Lookup> ofNames = names;
        owner.loop().post(() -> answered(answer, ofNames));
    }

    /** Before it is read: what changes from now on is told. */
    private void watch(EndpointSource.ListFile file) {
        EventLoop loop = owner.loop();
        try {
            Resolver.Watch begun = owner.resolver().watch(file, () -> loop.post(this::askSoon));
            loop.post(() -> watched(begun));
        } catch (RuntimeException e) {
            loop.post(() -> owner.listener().warn(file + " cannot be watched (" + e + ")"));
        }
    }

    private void watched(Resolver.Watch begun) {
        if (left) {
            begun.close();
        } else {
            watch = begun;
        }
    }

    private void answered(Lookup answer, Collection<Lookup> names) {
        asking = false;
        if (left) {
            return;
        }
        Lookup before = last;
        found(answer);
        names.forEach(name -> owner.named(upstream, question.about(name.source()), name));
        if (!last.isSame(before)) {
            List<Lookup> all = new ArrayList<>(names);
            all.add(last);
            owner.listener().changed(upstream, all);
        } else if (!last.problems().equals(before.problems())) {
            owner.listener().missing(upstream, last);
        }
        if (askAgain) {
            askAgain = false;
            ask();
        }
    }

    /** It is not followed any more. */
    void leave() {
        left = true;
        owner.loop().cancel(this);
        if (watch != null) {
            watch.close();
            watch = null;
        }
    }
}
