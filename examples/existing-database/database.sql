-- A database as somebody else made it, with what no schema file can express.
CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE invoices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id),
    total numeric(12, 2) NOT NULL CHECK (total >= 0)
);

CREATE VIEW debtors AS
SELECT customers.email, sum(invoices.total) AS total FROM customers JOIN invoices ON customer_id = customers.id GROUP BY 1;

INSERT INTO customers (email) VALUES ('ada@example.com');
