-- A star schema: three tables of facts (incidents, service_orders, order_parts) around their dimensions.
-- A comment after a table's or a column's line is its description. Money is in euros, distances are in kilometres.

CREATE TABLE dates ( -- The calendar: one row per day that facts can refer to.
    date DATE NOT NULL PRIMARY KEY, -- The day.
    year INTEGER NOT NULL, -- Calendar year.
    quarter INTEGER NOT NULL, -- Quarter of the year, 1 to 4.
    month INTEGER NOT NULL, -- Month of the year, 1 to 12.
    month_name VARCHAR(9) NOT NULL, -- English name of the month.
    week INTEGER NOT NULL, -- ISO week of the year, 1 to 53.
    weekday VARCHAR(9) NOT NULL, -- English name of the day of the week.
    is_weekend BOOLEAN NOT NULL, -- Whether it is a Saturday or Sunday.
    season VARCHAR(6) NOT NULL -- Meteorological season of the northern half: winter, spring, summer or autumn.
);

CREATE TABLE models ( -- What can be bought: each variant of a model in each model year.
    model_id INTEGER NOT NULL PRIMARY KEY, -- Number of the row.
    model VARCHAR(40) NOT NULL, -- Model name.
    variant VARCHAR(60) NOT NULL, -- Variant of the model.
    model_year INTEGER NOT NULL, -- Model year.
    powertrain VARCHAR(40) NOT NULL, -- Kind of drive.
    fuel VARCHAR(20) NOT NULL, -- What it runs on: petrol, diesel or electricity.
    power_kw DECIMAL(6, 1), -- Power of the drive in kilowatts.
    list_price_eur DECIMAL(10, 2) NOT NULL, -- List price without options.
    UNIQUE (variant, model_year)
);

CREATE TABLE dealers ( -- Dealers that sell and service vehicles.
    dealer_id INTEGER NOT NULL PRIMARY KEY, -- Number of the dealer.
    name VARCHAR(80) NOT NULL, -- Name of the dealer.
    town VARCHAR(60) NOT NULL, -- Town of the workshop.
    region VARCHAR(20) NOT NULL, -- Sales region.
    country VARCHAR(2) NOT NULL, -- Country, ISO 3166.
    bays INTEGER NOT NULL, -- Workshop bays, that is, vehicles worked on at a time.
    high_voltage BOOLEAN NOT NULL -- Whether high-voltage systems are repaired there.
);

CREATE TABLE technicians ( -- People who work on vehicles.
    technician_id INTEGER NOT NULL PRIMARY KEY, -- Number of the technician.
    dealer_id INTEGER NOT NULL REFERENCES dealers (dealer_id), -- Dealer where the technician works.
    grade VARCHAR(12) NOT NULL, -- Grade: apprentice, technician or master.
    hired_on DATE NOT NULL, -- First working day.
    high_voltage BOOLEAN NOT NULL -- Whether certified for high-voltage systems.
);

CREATE TABLE customers ( -- Owners and keepers of vehicles.
    customer_id INTEGER NOT NULL PRIMARY KEY, -- Number of the customer.
    segment VARCHAR(12) NOT NULL, -- Kind of customer: private, business or fleet.
    region VARCHAR(20) NOT NULL, -- Region where the customer lives.
    since DATE NOT NULL, -- First contact.
    uses_app BOOLEAN NOT NULL -- Whether the customer has registered the app.
);

CREATE TABLE vehicles ( -- Vehicles that were sold.
    vehicle_id INTEGER NOT NULL PRIMARY KEY, -- Number of the vehicle.
    vin VARCHAR(17) NOT NULL UNIQUE, -- Vehicle identification number.
    model_id INTEGER NOT NULL REFERENCES models (model_id), -- What it is.
    customer_id INTEGER NOT NULL REFERENCES customers (customer_id), -- Who keeps it.
    dealer_id INTEGER NOT NULL REFERENCES dealers (dealer_id), -- Who sold it.
    sold_on DATE NOT NULL REFERENCES dates (date), -- Day of sale.
    colour VARCHAR(20) NOT NULL, -- Colour of the paint.
    price_eur DECIMAL(10, 2) NOT NULL, -- Price paid with options.
    mileage_km INTEGER, -- Last known mileage; missing where the vehicle was never seen again.
    extended_warranty BOOLEAN NOT NULL -- Whether a longer warranty was bought.
);

CREATE TABLE suppliers ( -- Companies that make parts.
    supplier_id INTEGER NOT NULL PRIMARY KEY, -- Number of the supplier.
    name VARCHAR(60) NOT NULL, -- Name of the company.
    country VARCHAR(2) NOT NULL -- Country, ISO 3166.
);

CREATE TABLE parts ( -- Spare parts.
    part_id INTEGER NOT NULL PRIMARY KEY, -- Number of the row.
    part_number VARCHAR(12) NOT NULL UNIQUE, -- Number of the part as it is ordered.
    name VARCHAR(60) NOT NULL, -- What the part is.
    category VARCHAR(20) NOT NULL, -- System of the vehicle that it belongs to.
    supplier_id INTEGER NOT NULL REFERENCES suppliers (supplier_id), -- Who makes it.
    unit_price_eur DECIMAL(8, 2) NOT NULL, -- Price of one.
    stock INTEGER NOT NULL, -- How many the central store has.
    discontinued_on DATE -- Day from which it is no longer made; missing while it is.
);

CREATE TABLE incidents ( -- Facts: what customers reported about their vehicles.
    incident_id INTEGER NOT NULL PRIMARY KEY, -- Number of the incident.
    reported_on DATE NOT NULL REFERENCES dates (date), -- Day of the report.
    reported_at TIMESTAMP NOT NULL, -- Time of the report.
    vehicle_id INTEGER NOT NULL REFERENCES vehicles (vehicle_id), -- Vehicle concerned.
    dealer_id INTEGER REFERENCES dealers (dealer_id), -- Dealer who dealt with it; missing where it was settled by phone.
    category VARCHAR(20) NOT NULL, -- System concerned: engine, battery, brakes, electronics, software and so on.
    severity VARCHAR(8) NOT NULL, -- How bad: low, medium, high or critical.
    status VARCHAR(11) NOT NULL, -- Where it stands: open, in progress, resolved or closed.
    channel VARCHAR(10) NOT NULL, -- How it was reported: app, phone, dealer, roadside or web.
    trouble_code VARCHAR(5), -- Diagnostic trouble code, where one was read.
    mileage_km INTEGER, -- Mileage at the time, where it was told.
    resolved_on DATE REFERENCES dates (date), -- Day on which it was settled; missing while it is not.
    downtime_hours DECIMAL(6, 1), -- Hours in which the vehicle could not be used; missing while it is not settled.
    satisfaction INTEGER -- The customer's rating from 1 (bad) to 5 (good), where one was given.
);

CREATE TABLE service_orders ( -- Facts: work in workshops.
    order_id INTEGER NOT NULL PRIMARY KEY, -- Number of the order.
    opened_on DATE NOT NULL REFERENCES dates (date), -- Day on which the vehicle came in.
    completed_on DATE REFERENCES dates (date), -- Day on which the work was done; missing while it is not.
    vehicle_id INTEGER NOT NULL REFERENCES vehicles (vehicle_id), -- Vehicle worked on.
    dealer_id INTEGER NOT NULL REFERENCES dealers (dealer_id), -- Dealer who does the work.
    technician_id INTEGER REFERENCES technicians (technician_id), -- Who does it; missing until somebody is chosen.
    incident_id INTEGER REFERENCES incidents (incident_id), -- Incident that led to it; missing for planned work.
    kind VARCHAR(12) NOT NULL, -- Kind of work: maintenance, repair, recall, inspection or tyre change.
    status VARCHAR(11) NOT NULL, -- Where it stands: planned, in progress, completed or cancelled.
    paid_by VARCHAR(9) NOT NULL, -- Who pays: customer, warranty or goodwill.
    mileage_km INTEGER, -- Mileage when it came in.
    labour_hours DECIMAL(5, 1), -- Hours of work; missing until it is done.
    labour_cost_eur DECIMAL(8, 2), -- Cost of the work; missing until it is done.
    parts_cost_eur DECIMAL(8, 2), -- Cost of the parts: the sum of the order's lines; missing until it is done.
    total_cost_eur DECIMAL(9, 2) -- Labour and parts together; missing until it is done.
);

CREATE TABLE order_parts ( -- Facts: parts that were used in service orders, one line each.
    order_id INTEGER NOT NULL REFERENCES service_orders (order_id), -- Order in which it was used.
    line INTEGER NOT NULL, -- Line of the order, from 1.
    part_id INTEGER NOT NULL REFERENCES parts (part_id), -- Part that was used.
    quantity INTEGER NOT NULL, -- How many.
    unit_price_eur DECIMAL(8, 2) NOT NULL, -- Price of one at the time.
    PRIMARY KEY (order_id, line)
);
