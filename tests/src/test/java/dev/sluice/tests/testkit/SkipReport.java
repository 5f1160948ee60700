package dev.sluice.tests.testkit;

import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Says which tests were skipped and what they lack, since a number alone would hide it. JUnit finds it by META-INF/services. */
public final class SkipReport implements TestExecutionListener {
    /** For JUnit. */
    public SkipReport() {}

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        say(test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            say(test, result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
        }
    }

    private static void say(TestIdentifier test, String reason) {
        String name = test.getUniqueIdObject().getSegments().stream()
                .filter(segment -> !segment.getType().equals("engine"))
                .map(segment -> segment.getValue().substring(segment.getValue().lastIndexOf('.') + 1))
                .collect(Collectors.joining(" "));
        System.out.println("skipped: " + name + ": " + reason.replaceFirst("^Assumption failed: ", ""));
    }
}
