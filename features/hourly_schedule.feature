Feature: A flavor for every hour
  Each hour is sized by the same rule as the day.

  Scenario: Quiet hours run on less
    Given "shop" has 336 hours of "cpu_cores" swinging daily between 0.3 and 3
    When the planner asks for an hourly schedule of "cpu_cores" for "shop"
    Then there are 24 hours, the first of them the next full one
    And the quietest hour runs on "small" and the busiest on "large"
    And the schedule costs the sum of its hours
    And the ranks run from 0 to 1

  Scenario: A steady service runs on the same flavor all day
    Given "shop" has 336 hours of "cpu_cores" at exactly 1.5
    When the planner asks for an hourly schedule of "cpu_cores" for "shop"
    Then every hour runs on "medium"
    And the schedule costs 2.80 USD
