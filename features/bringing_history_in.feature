Feature: Bringing a service's past in
  What is not a measurement is refused and named; what is, counts once, at its hour in UTC.

  Scenario: A bad line of a file is refused with its number and reason, the others count
    Given a file with 48 hours of "avg_cpu" of "shop", and "n/a" in place of the value of hour 10
    When the operator imports the file
    Then line 12 was refused, because "is not a number"
    And 47 hours of "avg_cpu" of "shop" are kept

  Scenario: Importing a file again changes nothing
    Given a file with 48 hours of "avg_cpu" of "shop"
    When the operator imports the file
    And the operator imports the file
    Then 48 hours of "avg_cpu" of "shop" are kept

  Scenario: A later measurement of the same time takes the place of the earlier one
    When a collector sends 0.2 for "avg_cpu" of "shop" at "2026-11-23T00:00:00Z"
    And a collector sends 0.6 for "avg_cpu" of "shop" at "2026-11-23T00:00:00Z"
    Then 1 hour of "avg_cpu" of "shop" is kept
    And "avg_cpu" of "shop" was 0.6 in the hour of "2026-11-23T00:00:00Z"

  Scenario: Nine o'clock in Seoul is midnight in UTC
    When a collector sends 0.4 for "avg_cpu" of "shop" at "2026-11-23T09:00:00+09:00"
    Then "avg_cpu" of "shop" was 0.4 in the hour of "2026-11-23T00:00:00Z"

  Scenario: A time that names no zone is UTC
    When a collector sends 0.4 for "avg_cpu" of "shop" at "2026-11-23T09:30:00"
    Then "avg_cpu" of "shop" was 0.4 in the hour of "2026-11-23T09:00:00Z"

  Scenario: A collector's bad measurement is refused with all that came with it
    When a collector sends 0.4 and "high" together for "avg_cpu" of "shop"
    Then the collector is told that the value of its second measurement is wrong
    And 0 hours of "avg_cpu" of "shop" are kept

  Scenario: A past shorter than asked for is made longer, but only what was measured counts
    Given a file with 5 hours of "avg_cpu" of "shop"
    When the operator imports the file
    And the planner asks for "avg_cpu" of "shop" after the last of them
    Then 5 hours were observed
    And the reasons contain "short_history"

  Scenario: What is too old is forgotten
    Given a file with 48 hours of "avg_cpu" of "shop"
    When the operator imports the file
    And the operator forgets all but the newest 12 hours
    Then 12 hours of "avg_cpu" of "shop" are kept
